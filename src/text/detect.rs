//! What can be wrong with a picture that `lookout detect` is given.

sentences! { "detect";
    of(file, what):
        "{file}: {what}",
        "{file}：{what}";
    unread(error):
        "cannot be read: {error}",
        "无法读取（原文：{error}）";
    no_picture(error):
        "is no picture that can be read: {error}",
        "不是可读取的图片（原文：{error}）";
    score_expected():
        "a score is above 0 and at most 1",
        "分数须大于 0 且不超过 1";
}
