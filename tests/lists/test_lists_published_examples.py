"""Examples of the formats as their users publish them, before any of our own."""

from typing import Any

from rempart.lists import ColumnMap
from rempart.model.labels import Label

MD5_A = "0cc175b9c0f1b6a831c399e269772661"
SHA1_A = "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"
SHA256_A = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"

HASH_SET_2_0 = r"""
{"@odata.context":"http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Media",
 "value":[{"MediaID":1,"Category":5,"MD5":"0CC175B9C0F1B6A831C399E269772661",
           "SHA1":"86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8",
           "MediaSize":1,"Series":"demo-bridges","Tags":["bridge"],"DateUpdated":"2026-01-15T08:00:00Z"}]}
"""

CASE_1_3 = r"""
{"odata.metadata":"http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Cases",
 "value":[{"CaseID":"6f0f6a3e-8f0e-4b5e-9a52-0d3f7f4c1111","CaseNumber":"R-2026-0001","ContactName":"Duty desk",
  "ContactOrganization":"Demo node","SourceApplicationName":"Rempart","SourceApplicationVersion":"0.1",
  "TotalMediaFiles":1,
  "Media":[{"MediaID":1,"Category":5,"MD5":"0CC175B9C0F1B6A831C399E269772661","MediaSize":1,"VictimIdentified":"false",
    "AlternativeHashes":[{"HashName":"SHA256",
    "HashValue":"CA978112CA1BBDCAFAC231B39A23DC4DA786EFF8147C4E72B9807785AFEE48BB"}],
    "MediaFiles":[{"MD5":"0CC175B9C0F1B6A831C399E269772661",
    "FileName":"bridge.jpg","FilePath":"C:\\demo\\","Unallocated":"false"}]}]}]}
"""

ICSE = (
    "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;Series name;"
    "Number of submissions;File Available;Media Type;Baseline\n"
    "0cc175b9c0f1b6a831c399e269772661;86f7e437faa5a7fce15d1ddcb9eaeaea377667b8;;1;No;No;No;"
    "demo-bridges;1;No;Image;No\n"
)

RDS = """"SHA-1","FileName","FileSize","ProductCode","OpSystemCode","MD4","MD5","CRC32","SpecialCode"
"86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8","x\xe9.txt",1,1,"x","","0CC175B9C0F1B6A831C399E269772661","E8B7BE43",""
"""


def values(draft: Any) -> list[tuple[str, str]]:
    return [(each.kind, each.text) for each in draft.fingerprints]


def test_vics_2_0_hash_set(read: Any) -> None:
    drafts, bad = read(HASH_SET_2_0)
    assert not bad
    assert values(drafts[0]) == [("md5", MD5_A), ("sha1", SHA1_A)]
    assert drafts[0].labels == (Label("unmapped", None, "Default", "5"),)
    assert drafts[0].source_id is None
    assert '"Series":"demo-bridges","Tags":["bridge"]' in drafts[0].raw


def test_vics_1_3_case(read: Any) -> None:
    drafts, bad = read(CASE_1_3)
    assert not bad
    assert values(drafts[0]) == [("md5", MD5_A), ("sha256", SHA256_A)]
    assert drafts[0].labels == (Label("unmapped", None, None, "5"),)


def test_icse_csv_through_a_column_map(read: Any) -> None:
    columns = ColumnMap.parse(
        'delimiter = ";"\nid = "Image ID"\ncategory = "Baseline"\nkeep = ["Series name"]\n'
        '[fingerprints]\nmd5 = "MD5"\nsha1 = "SHA1"\nphotodna = "PhotoDNA"\n'
    )
    drafts, bad = read(ICSE, columns=columns)
    assert not bad
    assert values(drafts[0]) == [("md5", MD5_A), ("sha1", SHA1_A)]
    assert drafts[0].source_id == "1"
    assert drafts[0].labels == (Label("unmapped", None, None, "No"),)
    assert drafts[0].raw == '{"Series name":"demo-bridges"}'


def test_reference_data_set_with_latin_1_names(read: Any) -> None:
    columns = ColumnMap.parse(
        'encoding = "latin-1"\n[fingerprints]\n"SHA-1" = "SHA-1"\nmd5 = "MD5"\n'
    )
    drafts, bad = read(RDS.encode("latin-1"), columns=columns)
    assert not bad
    assert values(drafts[0]) == [("sha1", SHA1_A), ("md5", MD5_A)]


def test_own_csv(read: Any) -> None:
    drafts, bad = read(
        "type,value,category,source,list_version,first_seen,comment\n"
        f"md5,{MD5_A},2,exercise-desk,3,2026-01-15,a bridge\n"
    )
    assert not bad
    assert values(drafts[0]) == [("md5", MD5_A)]
    assert drafts[0].labels == (Label("unmapped", None, None, "2"),)
    assert (
        drafts[0].raw == '{"source":"exercise-desk","first_seen":"2026-01-15","comment":"a bridge"}'
    )


def test_the_md5sum_family(read: Any) -> None:
    drafts, bad = read(
        f"# exercise\n\n{MD5_A}\n{MD5_A}  bridge.jpg\n{MD5_A} *bridge.jpg\n"
        f"MD5 (bridge.jpg) = {MD5_A}\n\\{MD5_A}  two\\nlines\n{SHA1_A}  x\n{SHA256_A}\n"
        f"SHA256 (bridge.jpg) = {SHA256_A}\n"
    )
    assert not bad
    assert [draft.number for draft in drafts] == [3, 4, 5, 6, 7, 8, 9, 10]
    kinds = [draft.fingerprints[0].kind for draft in drafts]
    assert kinds == ["md5"] * 5 + ["sha1", "sha256", "sha256"]
