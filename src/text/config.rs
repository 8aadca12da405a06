//! What is wrong with a configuration and what to try.

sentences! { "config";
    and_also(one, other):
        "{one}; {other}",
        "{one}；{other}";
    and_more(count):
        "and {count} more, from here on",
        "从这里起还有 {count} 个问题";
    stands_in(layer):
        "it stands in {layer}",
        "这个值写在 {layer}";
    camera(id):
        "camera `{id}`",
        "摄像机 `{id}`";
    of(owner, what):
        "{owner}: {what}",
        "{owner}：{what}";
}
