"""Who is imported as a public figure, from a folder or a table."""

import pytest

from beholden.cli.people import portraits_in
from beholden.domain.celebrity import Celebrity, id_of
from beholden.domain.errors import OperatorError


def test_a_folder_of_pictures_and_folders(tmp_path):
    for name in (
        "Ann_Lee/2.png",
        "Ann_Lee/1.jpg",
        "Ann_Lee/notes.txt",
        "Bo Li.JPG",
        "list.md",
        "._Bo Li.JPG",
        "Ann_Lee/._1.jpg",
        ".Trash/Cy.jpg",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [(one.celebrity.name, one.path.name) for one in portraits_in(tmp_path)]
    assert found == [("Ann Lee", "1.jpg"), ("Ann Lee", "2.png"), ("Bo Li", "Bo Li.JPG")]
    assert portraits_in(tmp_path)[0].celebrity.celebrity_id == id_of("Ann Lee")


def table(tmp_path, text):
    path = tmp_path / "people.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_with_all_that_may_be_said(tmp_path):
    path = table(
        tmp_path,
        "\ufeffname,image,urls,gender,id\n"
        '"Lee, Ann",ann.jpg,ann.example www.imdb.com/ann,female,3Ir0du6\n'
        "Bo Li,bo.png,,,\n",
    )
    ann, bo = portraits_in(path)
    urls = ("ann.example", "www.imdb.com/ann")
    assert ann.celebrity == Celebrity("3Ir0du6", "Lee, Ann", urls, "Female")
    assert ann.path == tmp_path / "ann.jpg"
    assert bo.celebrity == Celebrity(id_of("Bo Li"), "Bo Li")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs name and image"),
        ("name,picture\nAnn,a.jpg\n", "needs name and image"),
        ("name,image\n", "There is nobody"),
        ("name,image\n,a.jpg\n", "line 2"),
        ("name,image\nAnn,a.jpg\nBo,\n", "line 3"),
        ("name,image,gender\nAnn,a.jpg,woman\n", "gender is one of Male"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path, text, said):
    with pytest.raises(OperatorError, match=said):
        portraits_in(table(tmp_path, text))


def test_a_folder_of_nobody(tmp_path):
    with pytest.raises(OperatorError, match="There is nobody"):
        portraits_in(tmp_path)
