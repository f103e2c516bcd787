"""Pairs of questions that SAME_FROM was chosen by looking at: asking the same, and not."""

SAME = [
    ("can i go swimming with a sore heel", "is swimming ok when my heel hurts"),
    ("is acupuncture good for migraine", "does acupuncture help with migraines"),
    ("how much does shockwave cost", "what is the price of shockwave therapy"),
    (
        "can pregnant women get a steroid injection",
        "steroid injection during pregnancy, is it safe",
    ),
    ("what shoes for heel spurs", "best shoes for a heel spur"),
    ("my knee clicks when i climb stairs", "knee clicking going up the stairs"),
    ("is botox used for plantar fasciitis", "botox for heel pain"),
    ("can i drive after the injection", "how soon may i drive after a jab"),
    ("turmeric for inflammation", "does turmeric help against inflammation"),
    ("does medicare pay for orthotics", "are insoles covered by insurance"),
    ("ringing in my ears", "what helps against tinnitus"),
    ("why is my back stiff in the morning", "morning stiffness in the back"),
    ("tennis elbow exercises", "exercises for pain on the outside of the elbow"),
    ("child complains of heel pain after football", "my son's heel hurts after soccer"),
    (
        "how long off work after heel surgery",
        "when can i go back to work after a heel operation",
    ),
]
OTHER = [
    ("can i go swimming with a sore heel", "can i go running with a sore heel"),
    ("is acupuncture good for migraine", "is acupuncture good for back pain"),
    ("how much does shockwave cost", "how is shockwave done"),
    ("how much does shockwave cost", "how much does surgery cost"),
    ("can pregnant women get a steroid injection", "how long does a steroid injection last"),
    ("what shoes for heel spurs", "what causes heel spurs"),
    ("my knee clicks when i climb stairs", "my hip clicks when i climb stairs"),
    ("is botox used for plantar fasciitis", "is ice used for plantar fasciitis"),
    ("can i drive after the injection", "can i run after the injection"),
    ("turmeric for inflammation", "ibuprofen for inflammation"),
    ("does medicare pay for orthotics", "do orthotics work"),
    ("ringing in my ears", "pain in my ears"),
    ("tennis elbow exercises", "tennis elbow surgery"),
    ("child complains of heel pain after football", "adult complains of heel pain at night"),
    ("how long off work after heel surgery", "how is heel surgery done"),
    ("cheapest flights from oslo to malaga", "how do i refinance a mortgage"),
]
