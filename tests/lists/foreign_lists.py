"""Small lists as other tools write them: every value is that of the letter `a` or counted up, none is of any media."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

MD5_A = "0cc175b9c0f1b6a831c399e269772661"
SHA1_A = "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"
SHA256_A = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"

NSRL_OLD = (
    '"SHA-1","FileName","FileSize","ProductCode","OpSystemCode","MD4","MD5","CRC32","SpecialCode"\r\n'
    f'"{SHA1_A.upper()}","bridge, old \xe9.txt",1,1,"x","","{MD5_A.upper()}","E8B7BE43",""\r\n'
)
NSRL_NEW = (
    '"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"\r\n'
    f'"{SHA1_A.upper()}","{MD5_A.upper()}","E8B7BE43","a "quoted", \xe9.txt",1,1,"x",""\r\n'
)
NSRL_CAID = (
    '{"odata.metadata":"http://github.com/ICMEC/ProjectVic/DataModels/1.2.xml#Media","value":['
    f'{{"MediaID":1,"MD5":"{MD5_A.upper()}","SHA1":"{SHA1_A.upper()}","MediaSize":"1",'
    '"MediaFiles":[{"FileName":"bridge.txt"}]}]}'
)
CAID = (
    '{{"@odata.context":"http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/UK/$metadata#Media",'
    '"value":[{{"MediaID":1,"Category":{category},"MD5":"{md5}"}}]}}'
)
ICSE = (
    "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;Series name;"
    "Number of submissions;File Available;Media Type;Baseline\n"
    f"{MD5_A};{SHA1_A};;1;No;No;No;demo-bridges;1;No;Image;No\n"
)
HKE = (
    '"hashset_id","name","vendor","package","version","authenicated_flag","notable_flag","initials",'
    '"num_of_files","description","date_loaded"\r\n'
    '7,"demo set","Example Lab","bridges","1",1,0,"XX",1,"","01/15/2026"\r\n'
)
HSH = (
    '"file_id","hashset_id","file_name","directory","hash","file_size","date_modified","time_modified",'
    '"time_zone","comments","date_accessed","time_accessed"\r\n'
    "\r\n"
    f'1,7,"bridge \xe9.jpg","C:\\demo","{MD5_A.upper()}",1,"01/15/2026","08:00","UTC","","",""\r\n'
)


def encase(digests: Iterable[str], name: str = "demo set") -> bytes:
    """Return a hash set of EnCase."""
    head = bytearray(1152)
    head[:8] = b"HASH\r\n\xff\0"
    written = name.encode("utf-16-le")
    head[1032 : 1032 + len(written)] = written
    return bytes(head) + b"".join(bytes.fromhex(each) + b"\0\0" for each in digests)


KDB_SCHEMA = """
create table db_properties (name text not null, value text);
insert into db_properties values ('Schema Version', '1');
create table hashes (id integer primary key autoincrement, md5 binary(16) unique, sha1 binary(20), sha2_256 binary(32));
create table file_names (name text not null, hash_id integer not null, primary key (name, hash_id));
create table comments (comment text not null, hash_id integer not null, primary key (comment, hash_id));
create index md5_index on hashes (md5);
"""
OLD_KDB_SCHEMA = """
create table hashset_properties (name text, value text);
create table hashset_hashes (md5 binary(16), sha1 binary(20), database_offset integer);
"""
NSRL_MINIMAL_SCHEMA = """
create table FILE (sha256 varchar not null, sha1 varchar not null, md5 varchar not null, file_name varchar not null,
  file_size integer not null, package_id integer not null,
  constraint PK_FILE primary key (sha256, sha1, md5, file_name, file_size, package_id));
create table PKG (package_id integer not null, name varchar not null, version varchar not null);
"""
NSRL_FULL_SCHEMA = """
create table PACKAGE_OBJECT (package_id integer, object_id integer unique);
create table METADATA (metadata_id integer primary key, object_id integer, file_name varchar, extension varchar,
  bytes integer, crc32 varchar, md5 varchar, sha1 varchar, sha256 varchar);
create table VERSION (version varchar);
create view FILE as select upper(md.sha256) as sha256, upper(md.sha1) as sha1, upper(md.md5) as md5,
  case md.extension when '' then md.file_name else md.file_name||'.'||md.extension end as file_name,
  md.bytes as file_size, po.package_id from METADATA as md, PACKAGE_OBJECT as po where md.object_id = po.object_id;
"""


def database(path: Path, schema: str, *inserts: tuple[str, Sequence[Sequence[object]]]) -> Path:
    """Write a database with rows by insert statement."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(schema)
        connection.execute("begin")
        for statement, rows in inserts:
            connection.executemany(statement, rows)
        connection.execute("commit")
    return path


def kdb(path: Path, digests: Iterable[str], comments: Iterable[tuple[str, int]] = ()) -> Path:
    """Write a `.kdb` of MD5 values, numbered from 1."""
    return database(
        path,
        KDB_SCHEMA,
        ("insert into hashes (md5) values (?)", [(bytes.fromhex(each),) for each in digests]),
        ("insert into comments values (?, ?)", list(comments)),
    )


def nsrl_minimal(path: Path, rows: Iterable[tuple[str, str, str]]) -> Path:
    """Write the smaller form of the NSRL's database: rows of SHA-256, SHA-1 and MD5."""
    made = [(*row, f"name {number}", 1, number) for number, row in enumerate(rows)]
    return database(path, NSRL_MINIMAL_SCHEMA, ("insert into FILE values (?, ?, ?, ?, ?, ?)", made))


def nsrl_full(path: Path, rows: Iterable[tuple[str, str, str]]) -> Path:
    """Write the full form of the NSRL's database, where FILE is a view: rows of SHA-256, SHA-1 and MD5."""
    made = [(number, number, *row) for number, row in enumerate(rows, start=1)]
    return database(
        path,
        NSRL_FULL_SCHEMA,
        (
            "insert into METADATA (metadata_id, object_id, sha256, sha1, md5) values (?, ?, ?, ?, ?)",
            made,
        ),
        ("insert into PACKAGE_OBJECT values (1, ?)", [(row[1],) for row in made]),
        ("insert into VERSION values (?)", [("2026.01.1",)]),
    )
