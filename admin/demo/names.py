"""Invented people for the demonstration, the same at every run: names, phones, e-mail addresses, dates.

Phones are of ranges that reach nobody (Ofcom's numbers for drama; a Russian code that is not allotted), e-mail
addresses of example.com (RFC 2606).
"""

from datetime import date, timedelta
from random import Random
from typing import Literal

from coalition.members.person import Person


def _words(text: str) -> list[str]:
    return text.split()


def dice(seed: int) -> Random:
    """Chance that repeats itself: the demonstration is the same for everybody."""
    return Random(seed)  # noqa: S311


_ENGLISH = _words(
    "Ada Agnes Alice Amelia Anna Beatrice Bella Clara Daisy Edith Eleanor Eliza Emma Esther Eva Faith Fiona Flora "
    "Florence Freya Grace Hannah Harriet Helen Ida Iris Isla Ivy Jane Joan Julia June Kate Laura Leah Lily Lottie "
    "Lucy Mabel Martha Mary Maud Mia Nell Nina Nora Olive Pearl Phoebe Rose Ruby Ruth Sarah Sophie Stella Violet "
    "Adam Albert Alfie Arthur Barney Ben Charlie Daniel David Dylan Edgar Edwin Elliot Felix Finn Frank Fred George "
    "Harry Henry Hugh Isaac Jack Jacob James Joe John Jude Leo Lewis Louis Luke Mark Max Miles Ned Noah Oliver Oscar "
    "Otis Owen Paul Ralph Robin Rory Sam Seth Simon Ted Theo Toby Tom Victor Walter Will"
)
_ENGLISH_SURNAMES = _words(
    "Abbot Alder Appleby Ashdown Barlow Beck Birch Blackthorn Bramley Brook Burrows Calder Carver Chandler Clay "
    "Colby Cotter Croft Dale Denby Drake Eastwood Elmore Fairfax Farrow Fenwick Field Fletcher Forge Garland Glover "
    "Granger Hale Harrow Hartley Hawthorn Hayward Heath Holloway Hollis Hurst Ingham Kestrel Kirby Lark Linden Lockley "
    "Lowell Mallory Marlow Marsh Mercer Merriman Millbank Moor Nash Norwood Oakes Orchard Paget Pembury Penrose Pike "
    "Quill Radley Ravenhill Redfern Ridley Rowan Sandford Sedge Shaw Sheldon Sterling Stone Swift Tanner Tarn Thorne "
    "Tilling Underwood Vale Wakeley Warren Weaver Westbrook Whitlock Wilder Winslow Woodley Wren Yardley Yates"
)
_WOMEN = _words(
    "Агата Алина Алла Анастасия Анна Антонина Валентина Валерия Варвара Вера Виктория Галина Дарья Диана Ева Евгения "
    "Екатерина Елена Елизавета Жанна Зинаида Зоя Инна Ирина Кира Клавдия Ксения Лариса Лидия Любовь Людмила Маргарита "
    "Марина Мария Надежда Наталья Нина Оксана Ольга Полина Раиса Светлана София Тамара Татьяна Ульяна Юлия Яна"
)
_MEN = _words(
    "Александр Алексей Анатолий Андрей Антон Аркадий Арсений Артём Борис Вадим Валерий Василий Виктор Виталий Владимир "
    "Вячеслав Геннадий Георгий Глеб Григорий Даниил Денис Дмитрий Евгений Егор Иван Игорь Кирилл Константин Леонид "
    "Максим Матвей Михаил Никита Николай Олег Павел Пётр Роман Семён Сергей Степан Тимофей Фёдор Юрий Ярослав"
)
_FATHERS = _words(
    "Александров Алексеев Анатольев Андреев Антонов Борисов Валерьев Викторов Владимиров Геннадьев Георгиев Григорьев "
    "Дмитриев Евгеньев Иванов Игорев Константинов Леонидов Максимов Михайлов Николаев Олегов Павлов Петров Романов "
    "Семёнов Сергеев Степанов Фёдоров Юрьев"
)
_RUSSIAN_SURNAMES = _words(
    "Агатов Астахов Белозёров Березин Боровиков Бубнов Вешняков Волнов Воронцов Гагарин Глухов Гордеев Дёмин Дроздов "
    "Ежов Елагин Жаворонков Журавлёв Заливин Зимин Золотарёв Ивушкин Кедров Ключевской Корюшкин Красильников Кречетов "
    "Лавров Лазарев Лебедев Лодочников Маяков Медведев Морозов Нартов Нерпин Океанов Олейников Осокин Парусов Пихтин "
    "Полозов Пургин Радугин Рыбаков Рябинин Савин Северов Сивучев Снегирёв Соболев Сопкин Стрельцов Тихонов Толмачёв "
    "Туманов Ушаков Филинов Хвощев Цветков Чайкин Чистяков Шилов Штормов Щукин Юркин Яблоков Якорев Ясенев"
)
_LATIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        _words("a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh sch _ y _ e yu ya"),
        strict=True,
    )
)


def people(language: Literal["en", "ru"], count: int, seed: int) -> list[Person]:
    """So many different people; the number is at most 1000, as many as there are phones for drama."""
    assert count <= 1000, count
    rnd = dice(seed)
    numbers = rnd.sample(range(1000), count)
    made = [_english(rnd) if language == "en" else _russian(rnd) for _ in range(count)]
    prefix = "+447700900" if language == "en" else "+7945000"
    width = 3 if language == "en" else 4
    return [
        Person(
            name,
            phone=f"{prefix}{number:0{width}}",
            email=f"{_address(name)}.{number}@example.com" if rnd.random() < 0.7 else None,
            born_on=date(1940, 1, 1) + timedelta(days=rnd.randrange(66 * 365))
            if rnd.random() < 0.9
            else None,
        )
        for name, number in zip(made, numbers, strict=True)
    ]


def _english(rnd: Random) -> str:
    return f"{rnd.choice(_ENGLISH)} {rnd.choice(_ENGLISH_SURNAMES)}"


def _russian(rnd: Random) -> str:
    """Surname, name and patronymic, agreeing in gender."""
    surname, father = rnd.choice(_RUSSIAN_SURNAMES), rnd.choice(_FATHERS)
    if rnd.random() < 0.5:
        return f"{surname} {rnd.choice(_MEN)} {father}ич"
    surname = f"{surname[:-2]}ая" if surname.endswith(("ой", "ий")) else f"{surname}а"
    return f"{surname} {rnd.choice(_WOMEN)} {father}на"


def _address(name: str) -> str:
    words = name.lower().split()[:2]
    return ".".join("".join(_LATIN.get(letter, letter) for letter in word).replace("_", "") for word in words)
