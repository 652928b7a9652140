"""Gates of the data: scales, copies, classes and pictures are checked when they are read, and what is taken is said."""

import numpy as np
import pytest
from PIL import Image

from ictal.models import load_data
from ictal.simulator import InputError

R = np.random.default_rng(0)
X, Y = R.random((120, 8, 8)), np.arange(120) % 4
BYTES = (255 * X).astype(np.uint8)


def npz(folder, **arrays):
    np.savez(folder / "own.npz", **arrays)
    return folder / "own.npz"


def split(x_train, x_test):
    return dict(x_train=x_train, y_train=Y[:80], x_test=x_test, y_test=Y[80:])


# Scales


@pytest.mark.parametrize(
    ("x_train", "x_test", "message"),
    [
        (255 * X[:80], X[80:], r"on two scales: 0\.\d+ to 25\d\.\d and 0\.\d+ to 1; bring both to one range"),
        (X[:80], 255 * X[80:], "on two scales"),
        (BYTES[:80], X[80:], "on two scales: 0 to 25. and 0"),
        (X[:80], BYTES[80:], "on two scales"),
        ((257 * BYTES[:80].astype(np.uint16)), BYTES[80:], "on two scales"),
        (2 * X[:80] - 1, BYTES[80:].astype(float), "on two scales: -"),
        (X[:80] * 0 + 7, X[80:], "all 80 training images are one and the same"),
        (1e9 + X[:80], 1e9 + X[80:], "which single precision does not tell apart; subtract their mean first"),
        (1e300 * X[:80], 1e300 * X[80:], r"x_train must be at most 1e\+37, for single precision"),
    ],
)
def test_images_on_two_scales_are_refused(tmp_path, x_train, x_test, message):
    with pytest.raises(InputError, match=message) as error:
        load_data(npz(tmp_path, **split(x_train, x_test)))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("x_train", "x_test", "message"),
    [
        (2 * X[:80] - 1, X[80:], "mean .* and SD .*, test images .*: they may be on two scales"),
        (X[:80], 1 - X[80:] ** 4, "they may be on two scales"),
        (np.concatenate([X[:40], X[40:80] / 255]), X[80:], "40 of 80 training images reach 0.0039. at most"),
        (
            BYTES[:80] // 128,
            BYTES[80:] // 128,
            "the largest training value is 0.00392 of a range of 0 to 1: bytes are div",
        ),
        (X[:80], X[:40], r"40 of 40 test images \(100\.0%\) are also among the training images"),
        (X[:80], np.concatenate([X[:2], X[82:]]), r"2 of 40 test images \(5\.0%\) are also among"),
        (
            X[:80][np.arange(80) // 2 * 2],
            X[80:],
            r"40 of 80 training images \(50\.0%\) are copies of another one, 40 of them",
        ),
    ],
)
def test_data_that_make_a_gap_wrong_are_said(tmp_path, x_train, x_test, message):
    with pytest.warns(UserWarning, match=message):
        data = load_data(npz(tmp_path, **split(x_train, x_test)))
    assert data.notes


def test_good_data_go_through_without_a_word(tmp_path):
    for x in (X, 255 * X, BYTES, 2 * X - 1, (X - X.mean()) / X.std(), X.astype(np.float16), (16 * X).astype(np.int64)):
        data = load_data(npz(tmp_path, **split(x[:80], x[80:])))
        mapped = x.dtype != np.uint8 and not 0 <= x.min() <= x.max() <= 1
        assert len(data.notes) == mapped
        assert not mapped or data.notes[0].startswith("values were mapped from the range of the training images, ")
        assert load_data(npz(tmp_path, x=x, y=Y)).x_train.shape == (90, 8, 8)
    assert load_data("digits").notes == ()


def test_classes_and_labels_that_do_nothing_are_said(tmp_path):
    rare = np.where(np.arange(120) % 10, 0, 1)
    with pytest.warns(UserWarning, match="90% of the training images are of class 0: a network that always says so"):
        load_data(npz(tmp_path, x=X, y=rare))
    with pytest.warns(UserWarning, match=r"classes \d, \d of the test images \(.*% of them\) have no training example"):
        load_data(npz(tmp_path, x=X, y=Y), n_train=2)
    with pytest.warns(UserWarning, match="label_noise=0.001 of 90 labels is less than one label: none was made wrong"):
        load_data(npz(tmp_path, x=X, y=Y), label_noise=0.001)
    assert load_data(npz(tmp_path, x=X, y=Y, x_val=X, y_val=Y)).notes == (
        "x_val, y_val of the file were not read; n_val sets validation images apart from the training set",
    )


# Pictures


def bar(mode="RGB"):
    """Noise, with a bright bar at the top: 20 wide, 12 high."""
    image = R.integers(0, 60, (12, 20, 3), dtype=np.uint8)
    image[:3] = 250
    return Image.fromarray(image).convert(mode)


def pictures(folder, n=12, suffix=".png", mode="RGB", orientation=None, classes="ab"):
    for name in classes:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(n):
            exif = Image.Exif()
            if orientation is not None:
                exif[274] = orientation
            bar(mode).save(folder / name / f"{i}{mode}{suffix}", exif=exif)
    return folder


SIDES = {1: "top", 2: "top", 3: "bottom", 4: "bottom", 5: "left", 6: "right", 7: "right", 8: "left"}


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("orientation", [None, 0, 9, *SIDES])
def test_pictures_are_upright_by_their_orientation(tmp_path, orientation, suffix):
    data = load_data(pictures(tmp_path, orientation=orientation, suffix=suffix))
    mean = data.x_train.mean((0, 3))
    parts = {"top": mean[:3], "bottom": mean[-3:], "left": mean[:, :3], "right": mean[:, -3:]}
    side = SIDES.get(orientation, "top")
    assert max(parts, key=lambda part: parts[part].mean()) == side
    assert mean.shape == ((20, 12) if side in ("left", "right") else (12, 20))
    turned = orientation in range(2, 9)
    assert data.notes == (("24 of 24 pictures were turned upright by their EXIF orientation",) if turned else ())


def test_damaged_metadata_leave_a_picture_as_it_is(tmp_path):
    pictures(tmp_path, suffix=".jpg", orientation=6)
    for path in tmp_path.rglob("*.jpg"):
        content = path.read_bytes()
        at = content.index(b"Exif\0\0")
        path.write_bytes(content[: at + 6] + b"\xff" * 8 + content[at + 14 :])
    assert load_data(tmp_path).image_shape == (12, 20, 3)


def test_mixtures_of_pictures_are_said(tmp_path):
    pictures(tmp_path / "grey", n=4)
    pictures(tmp_path / "grey", n=2, mode="L")
    want = "4 of 12 pictures are grey, the others coloured: grey ones got three equal channels"
    assert load_data(tmp_path / "grey").notes == (want,)
    pictures(tmp_path / "clear", n=4)
    pictures(tmp_path / "clear", n=1, mode="RGBA")
    assert load_data(tmp_path / "clear").notes == ("2 of 10 pictures have transparency, which was left out",)
    assert load_data(pictures(tmp_path / "all grey", n=4, mode="L")).notes == ()


def test_what_is_left_out_of_class_folders_is_said(tmp_path):
    for part in ("train", "test", "val"):
        pictures(tmp_path / part, n=4)
    (tmp_path / "train" / "a" / "x.webp").write_bytes(b"")
    (tmp_path / "train" / "a" / "more").mkdir()
    (tmp_path / "train" / "a" / "notes.txt").write_text("no picture")
    assert load_data(tmp_path).notes == (
        "2 pictures of other kinds, or folders, were left out, a/more first: only .png, .jpg, .jpeg in a class folder "
        "are read",
        "val was left out: test is the test set; n_val sets validation images apart from the training set",
    )
