//! What is wrong with cameras in a configuration, with what is drawn in their pictures and left out of them, and what to try.

sentences! { "config_camera";
    // ---- there is one, with a source
    nothing_to_watch():
        "there is neither a camera nor a sensor",
        "既没有摄像机，也没有传感器";
    add_one():
        "add a section `[[camera]]` with id, eye, url and grid, as in config/minimal.toml, or a `[[sensor]]`, as in config/sensors-only.toml",
        "请添加 `[[camera]]` 一节，写上 id、eye、url 和 grid，参见 config/minimal.toml；或添加 `[[sensor]]`，参见 config/sensors-only.toml";
    add_one_at_page():
        "add a camera at the page on the box (`sudo lookout page` says how to open it), or here: a section `[[camera]]` with id, eye, url and grid, as in minimal.toml, or a `[[sensor]]`, as in sensors-only.toml",
        "请在本机页面上添加摄像机（`sudo lookout page` 会说明如何打开）；也可在此添加 `[[camera]]` 一节，写上 id、eye、url 和 grid，参见 minimal.toml；或添加 `[[sensor]]`，参见 sensors-only.toml";
    cannot_be_read(camera):
        "{camera} cannot be read",
        "{camera} 的配置无法读取";
    no_source():
        "has neither `url` nor `file`",
        "既没有 `url`，也没有 `file`";
    one_source():
        "a camera has one source: leave one of them out",
        "一路摄像机只有一个视频来源：请去掉其中一个";
    main_beside_a_file():
        "`url_main` stands beside a file",
        "视频来源是文件，却写了 `url_main`";
    a_file_has_no_main():
        "a file has no larger stream: leave `url_main` out",
        "文件没有主码流：请去掉 `url_main`";
    main_is_the_same():
        "`url_main` is the stream of `url`",
        "`url_main` 与 `url` 是同一路码流";
    small_and_large():
        "`url` is the camera's small stream, `url_main` its large one; leave it out where there is one stream",
        "`url` 是子码流，`url_main` 是主码流；只有一路码流时请去掉 `url_main`";
    main_elsewhere():
        "`url_main` is another host than `url`",
        "`url_main` 与 `url` 不是同一台主机";
    main_of_the_same():
        "it is the large stream of the same camera, for example rtsp://10.0.0.31/stream1 beside rtsp://10.0.0.31/stream2",
        "它是同一台摄像机的主码流，例如 rtsp://10.0.0.31/stream1 对应子码流 rtsp://10.0.0.31/stream2";

    // ---- whose certificate is believed
    no_fingerprint():
        "`certificate_sha256` is no SHA-256 fingerprint",
        "`certificate_sha256` 不是 SHA-256 指纹";
    hexadecimal_digits():
        "64 hexadecimal digits, with or without colons; `lookout probe ADDRESS` prints the camera's",
        "应为 64 位十六进制数字，可带冒号；`lookout probe ADDRESS` 会打印摄像机的指纹";
    pinned_needs_none():
        "a pinned certificate needs no authority: leave one of them out",
        "固定了证书就不需要 CA 证书：请去掉其中一个";

    // ---- where it is
    no_grid_code(shown, why):
        "this is no grid code{shown}: {why}",
        "这不是网格编码{shown}：{why}";
    levels_of_a_grid_code():
        "county 6 digits, sub-district 3, community 3, grid 2: for example \"53012700300102\"",
        "县区 6 位，街道或乡镇 3 位，社区或村 3 位，网格 2 位：例如 \"53012700300102\"";
    outside_the_area(grid, area):
        "the grid {grid} lies outside the area {area}",
        "网格 {grid} 不在县区 {area} 内";
    grid_begins_with_area():
        "a grid code begins with the six digits of [site] area",
        "网格编码以 [site] area 的六位数字开头";
    nowhere_on_earth():
        "`lonlat` is no place on Earth",
        "`lonlat` 不是有效的经纬度";
    longitude_first(latitude, longitude):
        "longitude comes first: lonlat = [{longitude}, {latitude}]",
        "经度在前：lonlat = [{longitude}, {latitude}]";
    longitude_then_latitude():
        "longitude from -180 to 180, then latitude from -90 to 90, in degrees",
        "先写经度（-180 至 180），再写纬度（-90 至 90），单位为度";

    // ---- how it is shown
    no_rotation(degrees):
        "`rotate` is 0, 90, 180 or 270, not {degrees}",
        "`rotate` 应为 0、90、180 或 270，而不是 {degrees}";
    clockwise():
        "clockwise degrees: what is at the left edge is at the upper one after 90",
        "顺时针的度数：转 90 度后，原来的左边到了上边";
    no_aspect(shown):
        "`display_aspect` is no width to height{shown}",
        "`display_aspect` 不是宽高比{shown}";
    aspects():
        "width:height of the upright picture as it should look, for example \"16:9\" or \"4:3\"",
        "画面转正后应有的宽高比，例如 \"16:9\" 或 \"4:3\"";

    // ---- polygons and lines
    wrong_corners(most, corners):
        "a polygon has 3 to {most} corners, this one has {corners}",
        "多边形应有 3 至 {most} 个顶点，这里有 {corners} 个";
    a_triangle():
        "[[0.1, 0.5], [0.6, 0.5], [0.6, 0.9]] is a triangle",
        "[[0.1, 0.5], [0.6, 0.5], [0.6, 0.9]] 是一个三角形";
    same_corner():
        "the same corner twice",
        "同一个顶点写了两次";
    closes_by_itself():
        "a polygon closes by itself: leave the last corner out",
        "多边形会自动闭合：请去掉最后一个顶点";
    leave_one_corner_out():
        "leave one of them out",
        "请去掉其中一个";
    crosses_itself(first, second):
        "the polygon crosses itself: the edge after corner {first} and the edge after corner {second}",
        "多边形自相交：第 {first} 个顶点之后的边与第 {second} 个顶点之后的边相交";
    corners_in_order():
        "list the corners in order, all the way round: [[0.1, 0.5], [0.6, 0.5], [0.6, 0.9], [0.1, 0.9]] is a rectangle",
        "请沿边界依次列出顶点：[[0.1, 0.5], [0.6, 0.5], [0.6, 0.9], [0.1, 0.9]] 是一个矩形";
    no_area():
        "the polygon has no area to speak of",
        "多边形的面积太小";
    middle_of_the_picture():
        "coordinates are parts of the picture, and 0.5 is its middle: [[0.1, 0.5], [0.6, 0.5], [0.6, 0.9]] is a triangle",
        "坐标是占画面的比例，0.5 为正中：[[0.1, 0.5], [0.6, 0.5], [0.6, 0.9]] 是一个三角形";
    two_points(points):
        "a line has two points, this one has {points}",
        "线应有两个端点，这里有 {points} 个";
    no_length():
        "the line has no length to speak of",
        "线太短";
    move_an_end():
        "move one of its ends, for example points = [[0.1, 0.6], [0.9, 0.6]]",
        "请移动一个端点，例如 points = [[0.1, 0.6], [0.9, 0.6]]";
    outside_the_picture(coordinate, least, most, number):
        "{coordinate} must be from {least} to {most}, not {number}",
        "{coordinate} 应为 {least} 至 {most}，而不是 {number}";
    no_pixels():
        "coordinates are parts of the picture, not pixels: 960 of 1920 pixels is 0.5",
        "坐标是占画面的比例，不是像素：1920 像素中的 960 是 0.5";
    edges_of_the_picture():
        "0 is the left or top edge of the picture, 1 the right or bottom edge",
        "0 是画面的左边或上边，1 是右边或下边";

    // ---- thresholds and heights
    names_no_class(name):
        "`{name}` names no class, so it does nothing",
        "`{name}` 中没有类别，不起作用";
    no_threshold(class, value):
        "the threshold of `{class}` must be from 0 to 1, not {value}",
        "`{class}` 的阈值应为 0 至 1，而不是 {value}";
    usual_threshold(class):
        "0.5 is a usual one, lower finds more and errs more often: thresholds = {{ {class} = 0.5 }}",
        "常用 0.5；越低检出越多，误报也越多：thresholds = {{ {class} = 0.5 }}";
    night_names_no_class():
        "`thresholds` names no class",
        "`thresholds` 中没有类别";
    name_who_is_surer():
        "name what must be surer or less sure then: thresholds = {{ person = 0.5 }}",
        "请写出夜间要提高或降低阈值的类别：thresholds = {{ person = 0.5 }}";
    heights_say_nothing(class):
        "`heights` says nothing of `{class}`",
        "`heights` 中 `{class}` 没有给出范围";
    no_height(name, value):
        "`{name}` must be above 0 and at most 1, not {value}",
        "`{name}` 应大于 0，且不超过 1，而不是 {value}";
    heights_are_no_pixels(name):
        "heights are parts of the picture's height, not pixels: 108 of 1080 pixels is {name} = 0.1",
        "高度是占画面高度的比例，不是像素：1080 像素中的 108 是 {name} = 0.1";
    a_tenth(name):
        "{name} = 0.1 is a tenth of the picture's height; leave it out where any height will do",
        "{name} = 0.1 是画面高度的十分之一；高度不限时请去掉这一项";
    heights_crossed(min_name, least, max_name, most):
        "`{min_name}` ({least}) is not below `{max_name}` ({most}): nothing is as tall",
        "`{min_name}`（{least}）不小于 `{max_name}`（{most}）：没有目标符合";
    exchange_heights(min_name, max_name):
        "exchange them, or leave one of them out; for example {min_name} = 0.05 and {max_name} = 0.7",
        "请对调，或去掉其中一个；例如 {min_name} = 0.05，{max_name} = 0.7";

    // ---- the horizon
    below_the_picture():
        "lies below the picture, so nothing in it stands on the ground",
        "在画面下方，画面中就没有地面上的目标";
    y_grows_downwards():
        "y grows downwards, from 0 at the upper edge; for example points = [[0.0, 0.3], [1.0, 0.3]]",
        "y 从上边的 0 向下增大；例如 points = [[0.0, 0.3], [1.0, 0.3]]";
    wrong_points(most, points):
        "a horizon has 2 to {most} points, this one has {points}",
        "地平线应有 2 至 {most} 个点，这里有 {points} 个";
    a_horizon():
        "for example points = [[0.0, 0.3], [1.0, 0.3]]: two places from left to right where ground meets sky",
        "例如 points = [[0.0, 0.3], [1.0, 0.3]]：从左到右，地面与天空相接的两处";
    horizon_in_no_pixels():
        "coordinates are parts of the picture, not pixels: 540 of 1080 pixels is 0.5, for example [0.0, 0.5]",
        "坐标是占画面的比例，不是像素：1080 像素中的 540 是 0.5，例如 [0.0, 0.5]";
    from_left_to_right(what):
        "{what}: a horizon runs from left to right",
        "{what}：地平线应从左到右";
    same_point():
        "the same point twice",
        "同一个点写了两次";
    one_above_the_other():
        "two points above one another",
        "两个点在同一条竖线上（x 相同）";
    no_camera_height(most, value):
        "`camera_height_m` must be above 0 and at most {most}, not {value}",
        "`camera_height_m` 应大于 0，且不超过 {most}，而不是 {value}";
    height_in_metres():
        "in metres, not in centimetres: camera_height_m = 3.5 for a camera on a lamp post",
        "单位是米，不是厘米：装在灯杆上的摄像机 camera_height_m = 3.5";
    height_over_the_ground():
        "how high the camera hangs over the ground, in metres: camera_height_m = 3.5 for one on a lamp post",
        "摄像机离地的高度，单位是米：装在灯杆上的 camera_height_m = 3.5";

    // ---- masks
    name_what_is_left_out():
        "name what is left out there: classes = [\"person\"], or leave the line out: then everything is",
        "请写出该处要排除的类别：classes = [\"person\"]；去掉这一行则全部排除";
    nobody_asks_about(class):
        "no rule of this camera asks about the class `{class}`",
        "该摄像机没有规则用到类别 `{class}`";
    leave_out_or_ask(class):
        "leave it out, or name it in a rule; for example classes = [\"{class}\"]",
        "请去掉，或在规则中写上；例如 classes = [\"{class}\"]";
}
