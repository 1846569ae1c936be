"""No person is named: what of a table that nobody mapped comes in, under whatever header."""

import json

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.events.formats.persons import left_out
from attribution.events.headers import names_a_person

GIVEN = {
    "English": "Alder Bramble Corwin Delph Elowen Farrow Garnet Hollis "
    "Isolde Jory Kestrel Linden Merrin Niall Orla",
    "Spanish": "Abril Benigno Cielo Donato Eloísa Fermín Graciano Higinio "
    "Inés Jacinto Lirio Moisés Nieves Onofre Plácida",
    "French": "Aubin Blaise Céleste Désiré Elodie Firmin Gaëlle Honoré "
    "Ignace Jérôme Lilou Mathurin Noémie Odile Prosper",
    "Portuguese": "Adão Brígida Catarino Dário Estêvão Fábio Gregória Hélio "
    "Inácia Jordão Lídia Mécia Nívea Olávio Paixão",
    "Italian": "Agapito Bettina Cosimo Duilio Erminia Fosco Gelsomina Iacopo "
    "Leandra Manfredo Nunzia Orfeo Pia Quirino Rosa",
    "German": "Anselm Bärbel Clemens Dörte Eilert Frauke Götz Hilke "
    "Ingmar Jürn Käthe Leberecht Mechthild Notker Otmar",
    "Dutch": "Aaltje Bram Coenraad Dirkje Evert Foppe Geertje Hidde "
    "Ids Jurre Klaasje Lieven Maaike Niek Otte",
    "Swedish": "Alva Börje Cajsa Dagny Ebbe Frideborg Göte Hjördis Ivar Jerker Kajsa Lage Märta Nore Olle",
    "Polish": "Amadeusz Bożena Czesław Danuta Eryk Felicja Gniewko Halszka "
    "Iga Jarema Kaja Leszek Miłosz Nela Olgierd",
    "Turkish": "Alpay Bülent Ceyda Demir Ece Fikret Gülşen Hüsnü Işıl Jale Kıvanç Leman Mert Nuray Oğuz",
    "Russian": "Агния Богдан Варлам Глафира Демид Ефросинья Захар Игнат "
    "Клим Лукерья Макар Нестор Олимпия Прохор Савва",
    "Ukrainian": "Азар Борислав Віта Гордій Дарина Євген Златан Ілько "
    "Калина Лада Мирон Назар Остап Панас Роман",
    "Arabic": "أديب بشار تيسير جميلة حسام خلود داود رشا زياد سحر شادي صفاء ضياء طلال عبير",
    "Persian": "آرش بهنام پروانه توران جاوید چنگیز دلارام رامین ژاله سهراب شیرین فرهاد کاوه گلنار مهتاب",
    "Kurdish": "Azad Berfîn Cegerxwîn Diyar Evîn Ferhad Gulê Hêvî "
    "Jîn Karwan Lezgîn Mizgîn Nalîn Perwîn Rojda",
    "Swahili": "Amani Bahati Chausiku Dalila Eshe Furaha Goma Hamisi "
    "Imara Jelani Kito Lulu Makena Neema Omari",
    "Amharic": "አበበ በቀለ ጫላ ደስታ እመቤት ፍቅሩ ገነት ሀብታም ይርጋ ከበደ ለምለም መኮንን ንጉሴ ራሔል ሰላም",
    "Hindi": "अनिल बबीता चेतन दीपक ईशा फूलवती गोपाल हरीश इंदु जगदीश कमला लक्ष्मण मीना नरेश ओमवती",
    "Indonesian": "Agus Budi Cahya Dewi Eko Fitri Gilang Hendra Intan Joko Kartika Lestari Made Ningsih Oka",
    "Chinese": "安然 白露 陈默 丁香 方舟 高远 何川 江月 孔明 林夕 马跃 宁静 欧阳 潘安 秦岭",
}
FAMILY = ["Quellmoor", "Varnasti", "Zubayrat", "Okonvale", "Темнолес", "درعاوي", "Ыштыган", "Brzezanka"]
NAMES = [
    f"{given} {FAMILY[i % len(FAMILY)]}"
    for given_names in GIVEN.values()
    for i, given in enumerate(given_names.split())
]
"""300 names that nobody bears: given names in 20 languages beside family names that are made up."""
HEADERS = [
    *(
        "Nombre",
        "Apellidos",
        "Prénom",
        "Имя",
        "Nome",
        "Ad Soyad",
        "DNI",
        "Periodista",
        "Nachname",
        "ФИО",
        "الاسم",
    ),
    *(
        "Victima",
        "name_of_deceased",
        "Column 7",
        "Ort",
        "weapon",
        "Source",
        "x",
        "actor name",
        "Region",
        "2",
        "تفصيل",
    ),
    *(
        "occupation",
        "Unnamed: 0",
        "Victims",
        "姓名",
        "Jina",
        "नाम",
        "Imię i nazwisko",
        "ПІБ",
        "Sobrenome",
        "نام",
    ),
]
MAPPING = {"event_id": "id", "date": "d"}


def table(size, **columns):
    dates = pd.date_range("2021-01-01", periods=size).strftime("%Y-%m-%d")
    return pd.DataFrame({"id": [f"e{i}" for i in range(size)], "d": dates} | columns)


def everything(events):
    return " ".join(str(events[name].values.tolist()) for name in events.variables) + str(events.attrs)


def test_the_list_is_300_names():
    assert len(NAMES) == len(set(NAMES)) == 300
    assert len(GIVEN) == 20


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("rows", [300, 19, 3])
def test_no_name_comes_in_under_any_header(header, rows):
    chosen = NAMES[:: len(NAMES) // rows][:rows]
    events = at.read_table(table(rows, **{header: chosen}), MAPPING)
    told = everything(events)
    assert not [name for name in chosen if name in told]


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("header", ["Given", "X", "الشخص", "Surname"])
def test_single_names_that_repeat_do_not_come_in(header, part):
    """Given names and family names alone: 300 names twice each, or few families often under a header that says so."""
    cells = [name.split()[part] for name in NAMES] * 2
    events = at.read_table(table(600, **{header: cells}), MAPPING)
    if part == 0 or names_a_person(header):
        assert header not in events


def test_what_is_kept_by_name_comes_in():
    events = at.read_table(table(300, Officer=NAMES), MAPPING, keep=["Officer"])
    assert events["Officer"].values.tolist() == NAMES
    assert "Nombre" not in at.read_table(table(300, Nombre=NAMES), MAPPING, keep=["Nombre"])


def test_names_that_were_tidied_are_not_in_the_report():
    events = at.read_table(table(300, Nombre=[f" {name}\u200b " for name in NAMES]), MAPPING)
    told = everything(events)
    assert not [name for name in NAMES if name in told]
    assert ["tidied", 300] in at.decisions(events)[["made", "count"]].values.tolist()


def test_mostly_one_value_and_a_few_names():
    """What each value has is looked at, not the column as a whole."""
    cells = ["civilian"] * 270 + NAMES[:30]
    assert "status" not in at.read_table(table(300, status=cells), MAPPING)


@pytest.mark.parametrize(
    ("header", "cells", "inside"),
    [
        ("weapon", ["rifle", "pistol", "bomb"] * 10, True),
        ("arma", ["rifle", "pistol", "bomb"] * 3, False),
        ("Local/Foreign", ["yes", "no", "no"], True),
        ("dead civilians", ["1", "2", "12"], True),
        ("Nombre", ["4", "2", "1"], True),
        ("Victimes", ["4", "", "1"], True),
        ("height", ["1.5", "2.25", "0.5"], True),
        ("report date", ["2021-03-01", "2021-03-02", ""], True),
        ("DNI", ["10", "11", "12"], False),
        ("victim_id", ["10", "11", "12"], False),
        ("ref", ["40123456", "40123457", "40123458"], False),
        ("phone", ["+34 600 100 200"] * 30, False),
        ("Notes", ["none"] * 30, False),
        ("empty", ["", "", ""], True),
    ],
)
def test_what_looks_like_no_person(header, cells, inside):
    assert (not left_out(header, np.array(cells, dtype=object), prose=False, keep=False)) is inside


def test_a_count_is_mapped_whatever_its_header():
    frame = pd.DataFrame({"FECHA": ["2022-01-02"], "VICTIMAS": ["4"], "Casualties": ["6"]})
    events = at.read_table(frame, {"date": "FECHA", "killed": "VICTIMAS"})
    assert events["killed"].values.tolist() == [4.0]
    assert events["Casualties"].values.tolist() == [6.0]
    with pytest.raises(at.DataError, match="Victims' names must not enter") as raised:
        at.read_table(frame.assign(VICTIMAS="Alder Quellmoor"), {"date": "FECHA", "killed": "VICTIMAS"})
    assert "Quellmoor" not in str(raised.value)


@pytest.mark.parametrize("header", ["Nombre", "Apellidos", "Prénom", "Имя", "Ad Soyad", "ФИО", "الاسم"])
def test_read_events_refuses_them_by_header(header):
    frame = pd.DataFrame({"event_id": ["a"], "date": ["2021"], header: ["Alder"]})
    with pytest.raises(at.DataError, match="Victims' names"):
        at.read_events(frame)


def test_why_a_column_stays_outside_is_said():
    events = at.read_table(table(300, where=NAMES), MAPPING)
    said = at.decisions(events)
    why = said[said["column"] == "where"]["why"].iloc[0]
    assert "300 different values" in why
    assert "keep=" in why
    assert json.loads(events.attrs["decisions"])
