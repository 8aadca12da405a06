//! The pages of rules: what each does, and the forms to change them.

sentences! { "page_rules";
    title(): "Rules", "规则";
    about():
        "What the box tells about: each rule waits for one thing at one place of one or more cameras.",
        "盒子会报哪些事：每条规则只针对一路或多路摄像机的一个位置、一种情况。";
    none_yet():
        "There is no rule yet, so no camera raises an alert. An installer can add one.",
        "还没有规则，摄像机不会产生预警。安装员可以添加规则。";
    add(): "Add a rule", "添加规则";
    back(): "All rules", "全部规则";
    unreadable(line):
        "The rule in line {line} of the file has no name that can be read, so it can be changed only there.",
        "配置文件第 {line} 行的规则没有可识别的名称，只能在文件中修改。";
    what_is_proposed_has_mistakes():
        "There are mistakes in what would be changed; the page of changes names them. Until they are gone, cameras and times shown here are those of the rules that run.",
        "待更改的内容有错误，详见“更改”页。错误改正之前，这里显示的摄像机和时段是正在运行的规则的。";
    not_running_yet(): "not running yet", "尚未运行";
    differs_from_running(): "runs with other values", "正在以其他设置运行";
    without_condition():
        "This rule does not say what it waits for; that can be put right only in the file.",
        "该规则没有写明判断条件，只能在配置文件中补上。";

    // ---- what a rule does
    cameras(): "Cameras", "摄像机";
    when(): "When", "时段";
    kind(): "Kind", "种类";
    zone(name): "zone {name}", "区域 {name}";
    line(name): "line {name}", "警戒线 {name}";
    more_cameras(count): "and {count} more", "另有 {count} 路";
    its_alerts(): "Alerts of this kind", "此类预警";
    values(): "Values", "设置";
    usual(): "usual", "默认";

    // ---- the form
    place(): "Where", "位置";
    condition(): "What it waits for", "判断条件";
    telling(): "When it is in force, and how urgent it is", "时段与等级";
    more(): "More", "更多设置";
    if_empty(value): "If left empty: {value}.", "不填则为 {value}。";
    as_usual(): "as usual", "默认";
    as_usual_is(value): "as usual ({value})", "默认（{value}）";
    yes(): "yes", "是";
    no(): "no", "否";
    such_as(value): "Such as {value}.", "例如 {value}。";
    needed(): "needed", "必填";
    range(range): "{range}.", "{range}。";
    range_in(range, unit): "{range}, in {unit}.", "{range}，单位{unit}。";
    seconds(): "seconds", "秒";
    degrees(): "degrees", "度";
    choose(): "choose", "请选择";
    left_to_right(): "from left to right, seen along the line", "沿线看从左到右";
    right_to_left(): "from right to left, seen along the line", "沿线看从右到左";
    both_ways(): "both ways", "双向";
    others(): "Others, with commas between them", "其他，用逗号隔开";
    every_camera(): "every camera", "全部摄像机";
    drawn_at(name, cameras): "{name} ({cameras})", "{name}（{cameras}）";
    drawn_at_many(name, count): "{name} ({count} cameras)", "{name}（{count} 路摄像机）";
    not_drawn(name): "{name} (not drawn)", "{name}（未绘制）";
    nothing_drawn():
        "Nothing is drawn there yet. Draw it on the picture of a camera first:",
        "尚未绘制。请先在摄像机画面上绘制：";
    about_name(): "Lower-case letters, digits, hyphens and underscores.", "小写字母、数字、连字符和下划线。";
    faults(count):
        "To be put right: {count}. What you typed is kept; below, each field says what is wrong with it.",
        "有 {count} 处设置不可用，具体原因见下方；已填写的内容仍然保留。";
    no_number(typed): "`{typed}` is no number", "`{typed}` 不是数值";
    no_whole_number(typed): "`{typed}` is no whole number", "`{typed}` 不是整数";
    rule_is_proposed(id):
        "the changes that are not tried yet hold a rule `{id}` already: choose another name, or look at the changes",
        "尚未试运行的更改中已有规则 `{id}`：请换一个名称，或查看更改";
    name_is_missing(): "The rule needs a name.", "请填写规则名称。";

    // ---- one more
    what_to_tell(): "What is to be told?", "要报哪种情况？";
    other_kind(): "Another kind", "选择其他种类";
    no_such_kind(): "There is no such kind of rule.", "没有这种规则。";

    // ---- one less
    remove(): "Remove this rule", "删除此规则";
    about_removing():
        "It raises no alert any more, and those that are open end. Nothing happens before you have seen the change and tried it.",
        "删除后不再产生预警，未结束的预警随即结束。查看改动并试运行之前不会生效。";

    // ---- what would change, in words
    changed(id, names): "rule {id}: {names}", "规则 {id}：{names}";
    added(id, about): "a new rule {id}: {about}", "新规则 {id}：{about}";
    removed(id): "rule {id} is removed", "删除规则 {id}";

    // ---- thresholds of a camera
    thresholds(): "thresholds", "检测阈值";
    thresholds_of(camera): "Thresholds of {camera}", "{camera} 的检测阈值";
    back_to_camera(): "Back to the camera", "返回摄像机";
    class(): "Class", "类别";
    usually(): "Usually", "平时";
    at_other_hours(): "At the other hours", "其他时段";
    other_hours(): "Other hours", "其他时段";
    about_empty():
        "Left empty, a class has what stands below its field: the value of the camera's type or of all cameras, else the model's own. Hours without a value have the usual one.",
        "留空的类别用输入框下方的值：摄像机类型或全部摄像机的默认值，否则用模型自带的值。其他时段留空则与平时相同。";
    models_own(): "the model's own", "模型自带";
    as_usually(): "as usually", "同平时";
    from_all_cameras(value): "{value}, as all cameras have it", "{value}，全部摄像机的默认值";
    from_type(value, name): "{value}, as type {name} has it", "{value}，来自摄像机类型 {name}";
    asked_about(): "a rule asks about it", "有规则使用";
    field_of(class, when): "{class}, {when}", "{class}，{when}";
    thresholds_changed(camera): "thresholds of camera {camera}", "摄像机 {camera} 的检测阈值";
}
