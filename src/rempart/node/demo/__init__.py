"""The demonstration's material: benign pictures, edits of them, hostile files, and exercise lists."""

from rempart.node.demo.corpus import build_corpus
from rempart.node.demo.errors import (
    CorpusDiskFullError,
    CorpusFolderError,
    DemoMaterialMissingError,
    DemoServiceError,
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
from rempart.node.demo.run import (
    HARMLESS_LIST,
    KNOWN_LIST,
    DemoFolder,
    Judgement,
    exercise_case,
    import_exercise_list,
    make_corpus,
    make_node,
    names_by_entry,
    open_demo_node,
    write_lists,
)
from rempart.node.demo.service import Serving, pictures_to_post, serving

__all__ = [
    "HARMLESS_LIST",
    "KNOWN_LIST",
    "LABEL_MAP_TEXT",
    "Corpus",
    "CorpusDiskFullError",
    "CorpusFile",
    "CorpusFolderError",
    "DemoFolder",
    "DemoMaterialMissingError",
    "DemoServiceError",
    "ExerciseListError",
    "Group",
    "Judgement",
    "KnownPicture",
    "RealPicture",
    "Serving",
    "build_corpus",
    "exercise_case",
    "find_real_pictures",
    "import_exercise_list",
    "make_corpus",
    "make_node",
    "names_by_entry",
    "open_demo_node",
    "pictures_to_post",
    "serving",
    "write_harmless_list",
    "write_known_list",
    "write_lists",
]
