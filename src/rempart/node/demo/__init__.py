"""The demonstration's material: benign pictures, edits of them, hostile files, and exercise lists."""

from rempart.node.demo.corpus import build_corpus
from rempart.node.demo.errors import (
    CorpusDiskFullError,
    CorpusFolderError,
    DemoMaterialMissingError,
    ExerciseListError,
)
from rempart.node.demo.exercise_lists import (
    LABEL_MAP_TEXT,
    KnownPicture,
    write_harmless_list,
    write_known_list,
)
from rempart.node.demo.manifest import Corpus, CorpusFile, Group
from rempart.node.demo.pictures import RealPicture, find_real_pictures

__all__ = [
    "LABEL_MAP_TEXT",
    "Corpus",
    "CorpusDiskFullError",
    "CorpusFile",
    "CorpusFolderError",
    "DemoMaterialMissingError",
    "ExerciseListError",
    "Group",
    "KnownPicture",
    "RealPicture",
    "build_corpus",
    "find_real_pictures",
    "write_harmless_list",
    "write_known_list",
]
