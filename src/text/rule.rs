//! What rules and signals wait for, in words and numbers; what a kind of rule waits for stands in its file in `analysis/rules`.

sentences! { "rule";
    lasting(what, seconds):
        "{what} for {seconds} s",
        "{what}，持续 {seconds} 秒";

    // ---- a signal
    belief(kind, threshold, level):
        "belief in {kind} is at least {threshold} ({level})",
        "{kind} 的可信度达到 {threshold}（{level}）";
}
