//! The page where zones, lines, masks and the horizon are drawn on a camera's picture.

sentences! { "page_shapes";
    title(camera): "Zones of {camera}", "{camera} 的区域";
    back(): "Back to the camera", "返回摄像机";
    about():
        "A zone, line, mask or horizon is drawn on the picture, corner by corner. What is drawn is tried only after you have seen what would change.",
        "在画面上逐点绘制区域、警戒线、遮罩和地平线。确认改动内容之后，才会试用所画的内容。";
    only_installers():
        "Only an installer can change what is drawn here.",
        "只有安装员可以修改这里的内容。";
    camera_is_new():
        "The running configuration does not know this camera yet.",
        "运行中的配置里还没有这台摄像机。";

    // ---- what can be drawn
    zone(): "Zone", "区域";
    line(): "Line", "警戒线";
    mask(): "Mask", "遮罩";
    horizon(): "Horizon", "地平线";
    about_kinds(): "What each is for", "各有什么用";
    about_zone(): "A rule watches it.", "供规则使用。";
    about_line(): "A rule counts who crosses it.", "规则统计越过它的目标。";
    about_mask(): "It is never looked at, and is black in pictures.", "不检测，图片中为黑色。";
    about_horizon():
        "Where level ground meets the sky: what cannot be as tall as it looks is left out.",
        "平地与天空的交界：大小不可能的目标会被排除。";
    add_zone(): "Draw a zone", "画区域";
    add_line(): "Draw a line", "画警戒线";
    add_mask(): "Draw a mask", "画遮罩";
    add_horizon(): "Draw the horizon", "画地平线";
    tools(): "Tools for drawing", "绘图工具";
    undo(): "Undo", "撤销";
    redo(): "Redo", "重做";
    finish(): "Finish", "完成";
    cancel(): "Cancel", "取消";
    nearer(): "Larger", "放大";
    farther(): "Smaller", "缩小";
    new_picture(): "New picture", "刷新画面";
    show_found(): "Show what is found now", "显示当前检测结果";
    about_found():
        "Each box says what it is, how sure the detector is, and how tall it is in parts of the picture, as limits of heights count.",
        "每个框标出类别、置信度，以及占画面高度的比例（与高度限制的算法一致）。";
    picture_of(camera): "What camera {camera} sees, with people made unrecognisable", "摄像机 {camera} 的画面，已脱敏";
    no_picture():
        "There is no picture now. You can draw all the same; it is tried again with the button New picture.",
        "当前没有画面。仍可绘制；可点击“刷新画面”重试。";
    canvas(camera): "Drawing on the picture of {camera}", "在 {camera} 的画面上绘图";
    list(): "What is drawn", "已绘制";
    nothing_drawn():
        "Nothing is drawn yet. A rule needs a zone or a line: begin with one of the buttons above the picture.",
        "尚未绘制。规则需要区域或警戒线：请用画面上方的按钮开始绘制。";
    problems(): "What the check says of it", "检查结果";

    // ---- one of them
    name(): "Name", "名称";
    about_name():
        "Lower-case letters, digits and hyphens; rules call it by this name. A rule that watches this camera alone follows a new name; one that watches others, too, keeps the old one.",
        "小写字母、数字和连字符；规则用此名称引用。只监看这台摄像机的规则会随新名称更改；还监看其他摄像机的规则保留旧名称。";
    count(): "Count who comes and goes", "统计进出数量";
    about_count():
        "Every minute the command centre is told how many of each class entered it, left it and were in it at once: numbers only.",
        "每分钟向指挥中心报告各类目标进入、离开和同时在内的数量，只有数字。";
    classes(): "Only these classes", "仅排除这些类别";
    about_classes():
        "For example person for a poster. Empty: nothing at all is looked for there.",
        "例如海报处填“人员”。留空则该处完全不检测。";
    metres(): "Height of the camera over the ground, in metres", "摄像机离地高度（米）";
    numbers(): "Corners as numbers", "顶点坐标";
    about_numbers():
        "One corner a line: x from the left, y from the top, both in parts of the picture from 0 to 1.",
        "每行一个顶点：x 从左起，y 从上起，均为占画面的比例，0 至 1。";
    turn(): "Exchange its ends", "对调两端";
    delete(): "Delete", "删除";
    used_by(rules): "used by {rules}", "被 {rules} 使用";
    rule_more(rules, rule): "{rules}, {rule}", "{rules}、{rule}";
    unused(): "no rule uses it", "没有规则使用";
    from_a_layer(layer):
        "It comes from {layer}, which other cameras may have, too; it is taken out there, in the file.",
        "来自 {layer}，其他摄像机也可能使用；如需去掉，请在配置文件的该处修改。";

    // ---- what is said while somebody draws
    draw_zone(count):
        "Tap the corners of the zone, one after the other, at least {count}; tap the first one again to finish.",
        "依次点击区域的各个顶点，至少 {count} 个；再次点击第一个顶点即完成。";
    draw_line():
        "Tap where the line begins, then where it ends. Left and right are those of somebody who walks along it.",
        "先点击警戒线的起点，再点击终点。左右以沿线行走的人为准。";
    draw_mask(count):
        "Tap the corners of the mask, one after the other, at least {count}; tap the first one again to finish.",
        "依次点击遮罩的各个顶点，至少 {count} 个；再次点击第一个顶点即完成。";
    draw_horizon(count):
        "Tap at least {count} places from left to right where level ground meets the sky, then Finish.",
        "从左到右点击至少 {count} 处平地与天空相接的位置，然后点击“完成”。";
    draw_by_keys():
        "The arrow keys move the crosshair, with Shift in small steps. Enter sets a corner, Backspace takes it back, Finish ends the drawing.",
        "用方向键移动十字光标，按住 Shift 为小步。Enter 放置顶点，Backspace 撤回，“完成”结束绘制。";
    crosshair(x, y): "Crosshair: {x} from the left, {y} from the top", "十字光标：距左 {x}，距上 {y}";
    corner(number, name, x, y):
        "Corner {number} of {name}: {x} from the left, {y} from the top",
        "{name} 的第 {number} 个顶点：距左 {x}，距上 {y}";
    between(number, name): "New corner after corner {number} of {name}", "在 {name} 的第 {number} 个顶点之后加一个顶点";
    whole(name): "Move {name} as a whole", "整体移动 {name}";
    least(count): "It needs at least {count} corners.", "至少需要 {count} 个顶点。";
    drawn(): "Drawn. Give it a name that says what it is.", "已画好。请取一个能说明用途的名称。";
    deleted(name): "{name} is deleted; Undo brings it back.", "已删除 {name}；可点击“撤销”恢复。";
    finish_first(): "Finish or cancel what you are drawing first.", "请先完成或取消当前绘制。";
    no_numbers(): "These are no corners: two numbers a line.", "格式不对：每行应为两个数字。";
    not_checked():
        "The box could not be asked whether this makes sense. It is asked again with the next change.",
        "暂时无法检查。下次修改时会再次检查。";
    not_live():
        "What is found now cannot be shown: the box shows as many cameras as it can. Try again in a minute.",
        "当前检测结果无法显示：盒子同时显示的摄像机已达上限。请过一分钟再试。";

    // ---- the form
    left(): "left", "左";
    right(): "right", "右";
    see_changes(): "See what would change", "查看改动";
    about_rows():
        "One more can be added in the empty rows; a row without corners is taken out.",
        "可在空行中新增；顶点为空的一行会被去掉。";
    no_form(): "What is drawn could not be read. Open the page again and try once more.", "所画内容无法读取。请重新打开页面再试。";
    no_corners(name, typed):
        "the corners of {name} cannot be read at `{typed}`: one corner a line, two numbers from 0 to 1",
        "{name} 的顶点在 `{typed}` 处无法读取：每行一个顶点，两个 0 至 1 的数字";
    two_ends(name): "the line {name} needs two ends, no more and no fewer", "警戒线 {name} 必须有两个端点，不多不少";
    no_metres(): "How high does the camera hang over the ground? The horizon needs this number, in metres.", "请填写摄像机离地高度（米），地平线需要这个数字。";
    why(camera): "zones, lines, masks or horizon of camera {camera}", "摄像机 {camera} 的区域、警戒线、遮罩或地平线";
}
