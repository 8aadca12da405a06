//! What is wrong with rules in a configuration, with the cameras they watch, and with what is left for them to see; and what
//! to try.

sentences! { "config_rule";
    // ---- the rule
    too_many_pairs():
        "the rules watch too many cameras",
        "规则监看的摄像机太多";
    most_pairs(most):
        "all rules and their cameras together make at most {most} pairs: let fewer rules watch all cameras",
        "全部规则与其摄像机最多组成 {most} 对：请减少监看全部摄像机的规则";
    no_kind(shown):
        "`signal` is no name of a kind{shown}",
        "`signal` 不是有效的预警种类名称{shown}";
    kind_names(example):
        "lower-case letters, digits and `_`, for example `{example}`",
        "只用小写字母、数字和 `_`，例如 `{example}`";
    kind_of_tests(kind):
        "`{kind}` is the kind of the box's own test alerts, which count for nothing",
        "`{kind}` 是盒子自身测试预警的种类，不计入统计";
    without_title(kind):
        "`{kind}` is none of the kinds with a title of their own",
        "`{kind}` 不是自带标题的种类";
    any_name_works(near):
        "did you mean `{near}`? Any name works, but only known ones are translated",
        "是否想写 `{near}`？任何名称都可用，但只有已知的才有译名";
    watched_by_none(camera):
        "{camera} is watched by no rule",
        "{camera} 没有规则监看";
    only_faults_are_told():
        "only its own faults are told, nothing of what it sees: add a `[[rule]]`",
        "只会报它自身的故障，看到什么都不报：请添加 `[[rule]]`";

    // ---- its condition
    no_condition():
        "does not say what must be seen",
        "没有写明要看到什么";
    add_one_of(names):
        "add one of {names}",
        "请添加其中之一：{names}";
    one_condition():
        "a rule has one condition: make a second rule of the other",
        "一条规则只有一个条件：另一个请另写一条规则";
    name_what_counts():
        "name what counts, for example classes = [\"person\"]",
        "请写出要计入的类别，例如 classes = [\"person\"]";
    camera_lacks(owner, what, camera, shown):
        "{owner} names a {what} that {camera} does not have{shown}",
        "{owner}：{camera} 没有这样的{what}{shown}";
    cameras_lack(owner, what, cameras, shown):
        "{owner} names a {what} that the cameras {cameras} do not have{shown}",
        "{owner}：摄像机 {cameras} 没有这样的{what}{shown}";
    not_in_force_at(owner, what, camera, shown):
        "{owner} is not in force at {camera}, which has no such {what}{shown}",
        "{owner} 在{camera} 不生效，那里没有这样的{what}{shown}";
    not_in_force_at_several(owner, what, cameras, shown):
        "{owner} is not in force at the cameras {cameras}, which have no such {what}{shown}",
        "{owner} 在摄像机 {cameras} 不生效，那里没有这样的{what}{shown}";
    in_force_once_drawn(key):
        "draw it there, at the page or in a section `[[camera.{key}]]`, or leave them out of the rule",
        "请在那里画出（在页面上，或加一节 `[[camera.{key}]]`），或不让规则监看它们";
    and_then(one, other):
        "{one} {other}",
        "{one} {other}";
    draw_one(camera, what, key):
        "{camera} has no {what}: draw one in a section `[[camera.{key}]]` below it",
        "{camera} 没有{what}：请在它下面加一节 `[[camera.{key}]]` 画出来";
    has_one(camera, what, name):
        "{camera} has the {what} `{name}`",
        "{camera} 有{what} `{name}`";
    has_several(camera, what, names):
        "{camera} has the {what}s {names}",
        "{camera} 的{what}有 {names}";
    draw_in_each(key):
        "draw it in a section `[[camera.{key}]]` below each of them, or name only cameras that have it",
        "请在它们下面各加一节 `[[camera.{key}]]` 画出来，或只写已有的摄像机";

    // ---- the cameras it watches
    what_may_stand():
        "a camera's id, `TYPE/*` for all cameras of a type (`like = \"TYPE\"`), or `*` for all there are",
        "可写摄像机的 id，或 `TYPE/*`（某一类型的全部摄像机，即 `like = \"TYPE\"`），或 `*`（所有摄像机）";
    write_pattern(id):
        "write [\"{id}/*\"] for all cameras of the type `{id}`, or the ids of cameras",
        "类型 `{id}` 的全部摄像机写作 [\"{id}/*\"]，也可以写各摄像机的 id";
    cameras_or_eye():
        "leave one of them out: `cameras` names some, `eye` takes all of an owner",
        "请去掉其中一个：`cameras` 指定若干路，`eye` 指某一所有者的全部";
    no_cameras():
        "does not say which cameras it watches",
        "没有写明监看哪些摄像机";
    ways_to_name_cameras():
        "for example cameras = [\"cam-03\"], cameras = [\"lane/*\"] for all of a type, or eye = \"village\" for all of an owner",
        "例如 cameras = [\"cam-03\"]；某一类型的全部写 cameras = [\"lane/*\"]；某一所有者的全部写 eye = \"village\"";
    none_of_eye(eye):
        "no camera has `eye = \"{eye}\"`",
        "没有 `eye = \"{eye}\"` 的摄像机";
    no_camera_here():
        "there is no camera in this file",
        "这个文件中没有摄像机";
    eyes_here(names):
        "the cameras here are {names}",
        "这里各摄像机的 `eye` 是 {names}";
    cameras_empty():
        "`cameras` is empty",
        "`cameras` 是空的";
    at_least_one_camera():
        "a rule watches at least one camera: cameras = [\"cam-03\"]",
        "一条规则至少监看一路摄像机：cameras = [\"cam-03\"]";
    no_pattern(shown):
        "this is no camera and no pattern{shown}",
        "这不是摄像机，也不是通配写法{shown}";
    camera_twice(id):
        "names the camera `{id}` twice",
        "摄像机 `{id}` 写了两次";
    pattern_twice(pattern):
        "names `{pattern}` twice",
        "`{pattern}` 写了两次";
    adds_none(pattern):
        "`{pattern}` adds no camera to those named before it",
        "`{pattern}` 没有在前面之外增加摄像机";
    is_a_type(name):
        "`{name}` is a camera type: write \"{name}/*\" for all of its cameras",
        "`{name}` 是摄像机类型：它的全部摄像机写作 \"{name}/*\"";
    no_type_here(example):
        "this file has no camera type: add a section `[[camera_type]]` with id = \"{example}\", and like = \"{example}\" to its cameras",
        "这个文件中没有摄像机类型：请添加 `[[camera_type]]` 一节，写 id = \"{example}\"，并给它的摄像机写 like = \"{example}\"";
    none_of_type(name):
        "`{name}/*` names no camera: none is of this type",
        "`{name}/*` 不含任何摄像机：没有属于该类型的";
    write_like(name):
        "write like = \"{name}\" in those that are, or leave the pattern out",
        "请给属于该类型的摄像机写 like = \"{name}\"，或去掉这一项";
    star_names_none():
        "`*` names no camera: there is none in this file",
        "`*` 不含任何摄像机：这个文件中没有摄像机";
    add_camera_or_leave_out():
        "add a section `[[camera]]`, or leave the rule out",
        "请添加 `[[camera]]` 一节，或去掉这条规则";

    // ---- what is left for it to see
    night_at_all_hours(camera, class, line):
        "`night` of {camera} is in force at all hours, so the threshold of `{class}` in line {line} never is",
        "{camera} 的 `night` 全天生效，因此第 {line} 行 `{class}` 的阈值从不生效";
    hardly_any_reaches(threshold, class, rule, line):
        "hardly any detection reaches the threshold {threshold} of `{class}`, so {rule} in line {line} sees none",
        "几乎没有检出能达到 `{class}` 的阈值 {threshold}，因此第 {line} 行的{rule} 什么也看不到";
    hardly_any_reaches_at_night(threshold, class, rule, line):
        "hardly any detection reaches the threshold {threshold} of `{class}`, so {rule} in line {line} sees none at night",
        "几乎没有检出能达到 `{class}` 的阈值 {threshold}，因此第 {line} 行的{rule} 夜间什么也看不到";
    masks_cover_all(camera, rule, line):
        "masks cover the whole picture of {camera}: {rule} in line {line} sees nothing",
        "遮罩盖住了{camera} 的整个画面：第 {line} 行的{rule} 什么也看不到";
    mask_a_corner():
        "for example polygon = [[0.8, 0.0], [1.0, 0.0], [1.0, 0.3]]: what stands in it is left out, not what stands beside it",
        "例如 polygon = [[0.8, 0.0], [1.0, 0.0], [1.0, 0.3]]：排除的是框内的目标，不是框外的";
    the_zone(zone):
        "the zone `{zone}`",
        "区域 `{zone}`";
    the_picture():
        "the picture",
        "整个画面";
    lies_in_masks(place, camera, lines, classes):
        "all of {place} of {camera} lies in masks (line {lines}): no {classes} is looked for there",
        "遮罩（第 {lines} 行）完全盖住了{camera} 的{place}：那里不检测 {classes}";
    draw_elsewhere():
        "draw the zone or the mask elsewhere, or say what the mask leaves out, for example classes = [\"face\"]",
        "请改画区域或遮罩，或写明遮罩排除哪些类别，例如 classes = [\"face\"]";
    not_below(name, value, of_class, limit, camera, line, class):
        "`{name}` ({value}) is not below `{of_class}` ({limit}) of {camera} in line {line}: no `{class}` that is seen whole is left",
        "`{name}`（{value}）不小于第 {line} 行{camera} 的 `{of_class}`（{limit}）：完整可见的 `{class}` 一个也不剩";
    not_above(name, value, of_class, limit, camera, line, class):
        "`{name}` ({value}) is not above `{of_class}` ({limit}) of {camera} in line {line}: no `{class}` that is seen whole is left",
        "`{name}`（{value}）不大于第 {line} 行{camera} 的 `{of_class}`（{limit}）：完整可见的 `{class}` 一个也不剩";
    change_one(name, value):
        "change one of the two, for example {name} = {value}",
        "请改其中一个，例如 {name} = {value}";
    never_as_tall(camera, line, class, tallest, name, wanted):
        "by the `horizon` of {camera} in line {line} a `{class}` there is at most {tallest} of the picture tall, and `{name}` asks for {wanted}",
        "按第 {line} 行{camera} 的 `horizon`，那里的 `{class}` 最高为画面的 {tallest}，而 `{name}` 要求 {wanted}";
    lies_in_the_sky(place, camera, line, classes):
        "all of {place} lies above the `horizon` of {camera} in line {line}: no {classes} that is seen whole stands there",
        "第 {line} 行{camera} 的 `horizon` 完全低于{place}：那里不会有完整可见的 {classes}";
    draw_where_feet_are():
        "draw the zone where feet are, or the horizon higher up, for example points = [[0.0, 0.3], [1.0, 0.3]]",
        "请把区域画在脚所在的位置，或把地平线画高，例如 points = [[0.0, 0.3], [1.0, 0.3]]";
}
