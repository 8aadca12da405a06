//! Titles of alerts, by the kind's name.

sentences! { "kind";
    // ---- what a rule with a `signal`, or several sources together, may tell of
    fire_lane_blocked():
        "Fire lane blocked",
        "消防通道被占用";
    exit_blocked():
        "Emergency exit blocked",
        "安全出口被堵";
    illegal_parking():
        "Illegal parking",
        "车辆违停";
    presence():
        "Somebody is there",
        "有人出现";
    person_present():
        "Person present",
        "发现人员";
    intrusion():
        "Person in a closed area",
        "人员闯入禁区";
    loitering():
        "Person lingers",
        "人员徘徊";
    after_hours():
        "Somebody is there after hours",
        "非开放时间有人";
    vehicle_present():
        "Vehicle present",
        "发现车辆";
    line_crossed():
        "Line crossed",
        "越过警戒线";
    e_bike_indoors():
        "E-bike indoors",
        "电动车进楼";
    flooding():
        "Flooding",
        "积水内涝";
    drain_blocked():
        "Drain blocked",
        "排水口堵塞";
    dumping():
        "Illegal dumping",
        "违规倾倒垃圾";
    digging():
        "Digging",
        "违规开挖";
    dust():
        "Dust",
        "扬尘";
    noise():
        "Noise",
        "噪声过大";
    door_open():
        "Door open",
        "门未关闭";
    night_presence():
        "Somebody there at night",
        "夜间有人";
    camera_trouble():
        "Camera trouble",
        "摄像机异常";
    camera_silent():
        "Camera silent",
        "摄像机失联";

    // ---- a kind that no rule has
    test_alert():
        "Test alert",
        "测试预警";

    // ---- a kind that is not known by name
    alert():
        "Alert",
        "预警";
    named(words):
        "alert: {words}",
        "预警：{words}";
}
