"""What a section is for: from its heading, or else from what its sentences are close to (pure)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from treatment_search.records import Passage, Role
from treatment_search.references import ReferenceVectors, role_prototypes
from treatment_search.sentence_vectors import SentenceVectors
from treatment_search.sentences import sentence_spans
from treatment_search.vectors import Vectors

ROLES_VERSION = "roles-1"

# The first rule that fits a heading wins, so that "when to see a doctor about side effects" is
# about doctors. A heading that only names a topic fits none.
_RULES: tuple[tuple[Role, str], ...] = (
    (
        Role.URGENT,
        r"get help (?:now|right|at once|immediately)|emergenc|red flags?\b|urgent|danger signs?"
        r"|call (?:911|999|112|000|an ambulance)|ambulance|when to go to (?:the )?(?:er|a&e|hosp)",
    ),
    (
        Role.OTHER,
        r"does not cover|not covered|references?$|sources?$|bibliography|further reading|glossary"
        r"|(?:more|additional) information|for more|learn more|resources?\b|find support"
        r"|organi[sz]ations?\b|disclaimer|about this|acknowledge?ments?|contact us|see also",
    ),
    (
        Role.DOCTOR,
        r"\b(?:see|call|contact|visit|ask|tell) (?:a|your|the) (?:doctor|gp|physician|health)"
        r"|seek (?:medical|help)|medical help|when to (?:see|call|contact|worry|get help)"
        r"|when (?:should|do) (?:i|you) (?:see|call|contact|worry|get)|should i see",
    ),
    (Role.ABOUT, r"at risk|risk factors?|who gets|how many people|how common|likely to"),
    (
        Role.CAUTION,
        r"who (?:should|must|can) ?not|should(?:n't| not)|contra-?indicat|side effects?|adverse"
        r"|go wrong|risks?\b|precaution|warnings?\b|\bsafe(?:ty)?\b|interactions?\b|dangers?\b"
        r"|before you (?:take|use|start)",
    ),
    (
        Role.EVIDENCE,
        r"\bevidence|research|clinical trials?|stud(?:y|ies)\b|effective|(?:does|do) (?:it|they) "
        r"(?:work|help)|how well|how it compares|results?$",
    ),
    (
        Role.ABOUT,
        r"symptoms?\b|\bsigns?\b|feels? like|causes?d?\b|genetic|genes?\b|inherit|diagnos|detect"
        r"|is found|\btests?\b|outlook|prognosis|stages?\b|how long it takes|recovery time|types?\b"
        r"|complications?|definition|overview|^introduction|statistics|anatomy|what happens",
    ),
    (
        Role.HOW,
        r"treat|how often|how long|is done|is used|exercis|stretch(?:es|ing)|self[- ]care|at home"
        r"|prevent|therap|manag|what to (?:do|avoid|eat)|what (?:can|should) (?:i|you) do"
        r"|living with|coping|eating|diet|nutrition|dos(?:e|age)\b|how (?:to|do you|do i|should)"
        r"|steps?\b|instructions?|after(?:care| the| surgery)|prepar|recovery|rehabilitation"
        r"|surgery|medic",
    ),
    (Role.ABOUT, r"what (?:is|are|it is)\b|^about\b|^who\b|^why\b|background|^is\b|function"),
)
_TIME = re.compile(
    r"how (?:long|often|soon|many (?:sessions|times|visits|treatments|weeks|days))|duration"
    r"|recovery time|time ?(?:line|table|frame|to heal)|frequency|number of sessions|schedule",
    re.IGNORECASE,
)
_HELP = frozenset({Role.URGENT, Role.DOCTOR})
_ASIDE = frozenset({Role.DOCTOR, Role.OTHER})
_TELLS = re.compile(
    r"\b(?:call|see|contact|consult|tell|ask|visit|seek|get|go to)\b[^.]{0,60}\b(?:doctor|physician"
    r"|health ?care (?:provider|professional|team)|gp|nurse|medical (?:help|care|attention)"
    r"|help|emergency|hospital|911|999|112)\b",
    re.IGNORECASE,
)
_COMPILED = tuple((role, re.compile(pattern, re.IGNORECASE)) for role, pattern in _RULES)


def passage_roles(
    passages: Sequence[Passage], sentences: SentenceVectors, references: ReferenceVectors
) -> list[Role]:
    """Return the role of each passage, in order."""
    of_prototypes = [Role(role) for role, _ in role_prototypes()]
    return [
        role_of_heading(passage.headings)
        or role_of_sentences(sentences.vectors([number]), references.roles, of_prototypes)
        for number, passage in enumerate(passages)
    ]


def aside_passages(passages: Sequence[Passage]) -> set[int]:
    """Return the passages whose heading says that few people look for them.

    They are within reach wherever their article is shown (when to see a doctor), or answer
    nothing. A guess from the sentences is not sure enough to move a passage.
    """
    return {n for n, p in enumerate(passages) if role_of_heading(p.headings) in _ASIDE}


def help_passages(
    passages: Sequence[Passage],
    roles: Sequence[Role],
    sentences: SentenceVectors,
    references: ReferenceVectors,
) -> dict[int, Role]:
    """Return which passages say when to get help: urgent, or when to see a doctor.

    Those whose section is for it; in an article without such a section, passages with a sentence
    that tells it in its words and is close to a prototype of it.
    """
    of_article: dict[str, list[int]] = defaultdict(list)
    for number, passage in enumerate(passages):
        of_article[passage.article_id].append(number)
    found = {number: role for number, role in enumerate(roles) if role in _HELP}
    for numbers in of_article.values():
        if not any(number in found for number in numbers):
            for number in numbers:
                role = _told_in_passing(passages[number], number, sentences, references)
                if role:
                    found[number] = role
    return found


def _told_in_passing(
    passage: Passage, number: int, sentences: SentenceVectors, references: ReferenceVectors
) -> Role | None:
    spans = sentence_spans(passage.text)
    telling = [i for i, (start, end) in enumerate(spans) if _TELLS.search(passage.text, start, end)]
    rows = sentences.rows(number)
    if not telling or rows.shape[1] != references.roles.shape[1]:
        return None
    vectors = sentences.vectors([number])[telling]
    cosines = vectors @ references.roles.T
    best = int(cosines.max(axis=0).argmax())
    role = Role(role_prototypes()[best][0])
    return role if role in _HELP else None


def role_of_heading(headings: Sequence[str]) -> Role | None:
    """Return the role that the deepest telling heading of a path names, or None."""
    for heading in reversed(headings):
        for role, pattern in _COMPILED:
            if pattern.search(heading):
                return role
    return None


def tells_how_long(headings: Sequence[str]) -> bool:
    """Return whether a path's deepest heading names how long or how often something is done.

    Beside the role: "how often and how long" is about what is done, "how long it takes" about
    what to expect.
    """
    return bool(headings) and _TIME.search(headings[-1]) is not None


def role_of_sentences(sentences: Vectors, prototypes: Vectors, roles: Sequence[Role]) -> Role:
    """Return the role whose prototypes a text's sentences are closest to.

    `sentences` and `prototypes` are unit rows, `roles` the role of each prototype. A role
    is as near as its nearest prototype, in the mean over the sentences.
    """
    if not len(sentences) or sentences.shape[1] != prototypes.shape[1]:
        return Role.OTHER
    cosines = sentences @ prototypes.T
    each = list(dict.fromkeys(roles))
    of_role = np.array(roles)
    best = np.stack([cosines[:, of_role == role].max(axis=1) for role in each], axis=1)
    return each[int(best.mean(axis=0).argmax())]
