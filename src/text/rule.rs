//! What rules and signals wait for, in words and numbers, and what is wrong with a rule's own settings.

sentences! { "rule";
    lasting(what, seconds):
        "{what} for {seconds} s",
        "{what}，持续 {seconds} 秒";

    // ---- a sentence for each kind of rule

    // ---- a signal
    belief(kind, threshold, level):
        "belief in {kind} is at least {threshold} ({level})",
        "{kind} 的可信度达到 {threshold}（{level}）";

    // ---- settings of one kind of rule
}
