//! What holds other sentences, and the words of others: of the system, of a library, of a device. Those are passed on as
//! they are, with the mark that they are theirs.

sentences! { "foreign";
    words(words):
        "{words}",
        "原文：{words}";
    hint(hint):
        "hint: {hint}",
        "提示：{hint}";
    error(what):
        "error: {what}",
        "错误：{what}";
    warning(what):
        "warning: {what}",
        "警告：{what}";
}
