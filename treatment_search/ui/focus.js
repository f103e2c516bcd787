(() => {
  const box = document.querySelector(".st-key-ask input");
  if (box && document.activeElement === document.body && matchMedia("(hover: hover)").matches) box.focus({ preventScroll: true });
})();
