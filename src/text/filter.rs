//! Which detections are left out before anything follows them, in a few words.

sentences! { "filter";
    implausible(count):
        "{count} that can be no thing",
        "{count} 个不可能是实物";
    mask(count):
        "{count} in masks",
        "{count} 个在遮罩内";
    heights(count):
        "{count} by `heights`",
        "{count} 个不合 `heights`";
    horizon(count):
        "{count} by the horizon",
        "{count} 个与地平线不符";
    furniture(count):
        "{count} as furniture",
        "{count} 个是固定物";
}
