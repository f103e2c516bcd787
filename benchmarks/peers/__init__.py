"""The product beside others of its kind: same passages, same model, same machine, one run."""
