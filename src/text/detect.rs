//! What can be wrong with a picture that `lookout detect` is given.

sentences! { "detect";
    of(file, what):
        "{file}: {what}",
        "{file}：{what}";
    the_picture(path):
        "the picture {path}",
        "图片 {path}";
    unread(why):
        "cannot be read: {why}",
        "无法读取：{why}";
    no_picture(error):
        "is no picture that can be read: {error}",
        "不是可读取的图片（原文：{error}）";
    score_expected():
        "a score is above 0 and at most 1",
        "分数须大于 0 且不超过 1";
}
