//! What `lookout sensors` says of the readings that it prints.

sentences! { "sensor_watch";
    unknown(file, sensor):
        "{file}: there is no sensor `{sensor}`",
        "{file}：没有传感器 `{sensor}`";
    none(file):
        "{file}: there is no sensor",
        "{file}：没有传感器";
    try_adding():
        "add [[sensor]]; config/REFERENCE.md describes it",
        "请加上 [[sensor]]；写法见 config/REFERENCE.zh-CN.md";
    listening_to_one(seconds):
        "listening to 1 sensor for {seconds} s, Ctrl-C ends it ...",
        "正在接收 1 个传感器的读数，共 {seconds} 秒，按 Ctrl-C 结束……";
    listening(sensors, seconds):
        "listening to {sensors} sensors for {seconds} s, Ctrl-C ends it ...",
        "正在接收 {sensors} 个传感器的读数，共 {seconds} 秒，按 Ctrl-C 结束……";
    silent(seconds, sensors):
        "no word within {seconds} s from {sensors}",
        "{seconds} 秒内没有读数的传感器：{sensors}";
    try_longer():
        "battery sensors may speak once an hour: --seconds 4000",
        "电池供电的传感器可能每小时才上报一次：--seconds 4000";
    good():
        "good",
        "正常";
    bad():
        "bad",
        "异常";
    trouble():
        "trouble",
        "故障";
}
