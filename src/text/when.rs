//! What is wrong with a time, or a length of time, as somebody typed it.

sentences! { "when";
    not_a_time():
        "write it like 2026-01-07, 2026-01-07T22:00 or 2026-01-07T22:00:00+08:00",
        "写法如 2026-01-07、2026-01-07T22:00 或 2026-01-07T22:00:00+08:00";
    no_such_time(option, time, detail):
        "{option} {time} is no time of this site: {detail}",
        "{option} {time} 不是该站点的有效时间（原文：{detail}）";
    not_a_length():
        "write a number and a unit: 90m, 12h or 7d",
        "写成数字加单位：90m、12h 或 7d";
}
