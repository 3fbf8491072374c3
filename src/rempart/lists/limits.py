"""Limits on lists: they are untrusted input, and one million entries must fit in little memory."""

from typing import Final

from rempart.model.video import LONGEST_FRAMES_TEXT

READ_BYTES: Final = 1 << 14
"""How much is read from the stream at a time: the events of so much JSON stay in the processor's cache."""

MAX_LINE_CHARS: Final = 1 << 20
"""Longest line of a text list; a longer one means that the file is no text list."""

MAX_FIELD_CHARS: Final = 131_072
"""Longest cell of a CSV that holds no video, and longest opaque value (the limit that the csv module ships with)."""

MAX_VIDEO_CHARS: Final = LONGEST_FRAMES_TEXT
"""Longest value of kind `vpdq`: a day of frames, one a second."""

MAX_ROW_CHARS: Final = 12 << 20
"""Longest line of a CSV: the frames of a day, with their quotes doubled."""

MAX_RECORD_BYTES: Final = 12 << 20
"""Most input that one record may take."""

MAX_DEPTH: Final = 16
"""Deepest nesting inside one JSON record."""

MAX_FINGERPRINTS: Final = 64
"""Most fingerprints of one entry, alternative hashes included."""

MAX_ID_CHARS: Final = 1024
"""Longest identifier that a source may give to an entry."""

MAX_LABEL_CHARS: Final = 200
"""Longest category, region, scheme or scheme version."""

MAX_LABELS: Final = 16
"""Most labels of one entry."""

MAX_COLUMNS: Final = 1000
"""Most columns of a CSV."""

MAX_MAP_CHARS: Final = 1 << 20
"""Longest column map or label map."""
