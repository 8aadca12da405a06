//! What rules and signals wait for, in words and numbers, and what is wrong with a rule's own settings.

sentences! { "rule";
    lasting(what, seconds):
        "{what} for {seconds} s",
        "{what}，持续 {seconds} 秒";

    // ---- a sentence for each kind of rule
    present(classes, zone):
        "{classes} is in {zone}",
        "{zone} 内有 {classes}";
    dwell(classes, zone):
        "the same {classes} stays in {zone}",
        "同一 {classes} 停留在 {zone} 内";
    line(classes, line):
        "{classes} crosses {line}",
        "{classes} 越过 {line}";
    line_left_to_right(classes, line):
        "{classes} crosses {line} from left to right",
        "{classes} 从左向右越过 {line}";
    line_right_to_left(classes, line):
        "{classes} crosses {line} from right to left",
        "{classes} 从右向左越过 {line}";
    crowd(count, classes, zone):
        "at least {count} of {classes} are in {zone}",
        "{zone} 内至少有 {count} 个 {classes}";
    crowd_dense(count, classes, zone, share):
        "at least {count} of {classes} are in {zone} and cover {share} % of it",
        "{zone} 内至少有 {count} 个 {classes}，覆盖其 {share}%";
    parked(classes, zone):
        "{classes} stays still in {zone}",
        "{classes} 停在 {zone} 内不动";
    wrong_way(classes, degrees, zone):
        "{classes} moves against {degrees} degrees in {zone}",
        "{classes} 在 {zone} 内逆着 {degrees} 度方向移动";
    left_behind(classes, zone):
        "{classes} is left in {zone}",
        "{classes} 遗留在 {zone} 内";
    left_behind_alone(classes, zone):
        "{classes} is left in {zone} with nobody beside it",
        "{classes} 遗留在 {zone} 内，旁边无人";
    gone(classes, zone):
        "{classes} that stood in {zone} is missing",
        "原在 {zone} 内的 {classes} 不见了";
    fallen(classes, zone):
        "{classes} went down in {zone} and stays down",
        "{classes} 在 {zone} 内倒地不起";
    scuffle(count, classes, unrest, zone):
        "at least {count} of {classes} close together move by {unrest} body heights a second to and fro in {zone}",
        "{zone} 内至少 {count} 个 {classes} 挤在一起，每秒来回移动 {unrest} 个身高";
    rush(count, classes, speed, zone):
        "at least {count} of {classes} run at {speed} body heights a second in {zone}",
        "{zone} 内至少 {count} 个 {classes} 以每秒 {speed} 个身高的速度奔跑";
    fire(zone):
        "flames burn in {zone}",
        "{zone} 内有明火";
    smoke(zone):
        "smoke rises in {zone}",
        "{zone} 内冒烟";
    indoors(classes, zone):
        "{classes} is inside {zone}",
        "{classes} 在 {zone} 里面";
    vending(things, zone):
        "{things} stands in {zone}",
        "{things} 停放在 {zone} 内";
    vending_attended(things, zone):
        "{things} stands in {zone} with people round it",
        "{things} 停放在 {zone} 内，周围有人";
    works(count, classes, zone):
        "at least {count} of {classes} are busy in {zone}",
        "{zone} 内至少 {count} 个 {classes} 在作业";

    // ---- a signal
    belief(kind, threshold, level):
        "belief in {kind} is at least {threshold} ({level})",
        "{kind} 的可信度达到 {threshold}（{level}）";

    // ---- settings of one kind of rule
    crowd_of_none():
        "`crowd` says not how many",
        "`crowd` 没有写明数量";
    try_number_or_density():
        "add `at_least = 8` (people), `density = 0.4` (share of the zone they cover), or both",
        "请加上 `at_least = 8`（人数）或 `density = 0.4`（人覆盖区域的比例），也可两者都写";
    vending_of_people():
        "`vending` names people only",
        "`vending` 只写了人";
    try_things():
        "name what a stall is made of as well: [\"person\", \"two_wheeler\", \"truck\"]; for people who only stay there is `dwell`",
        "请同时写出摊位由什么组成：[\"person\", \"two_wheeler\", \"truck\"]；只是有人停留请用 `dwell`";
}
