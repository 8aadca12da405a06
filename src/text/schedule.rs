//! When something is in force, and why a text is no schedule.

sentences! { "schedule";
    // ---- as people read it
    always(): "always", "全天";
    daily(): "daily", "每天";
    workdays(): "workdays", "工作日";
    weekend(): "weekend", "周末";
    mon(): "Mon", "周一";
    tue(): "Tue", "周二";
    wed(): "Wed", "周三";
    thu(): "Thu", "周四";
    fri(): "Fri", "周五";
    sat(): "Sat", "周六";
    sun(): "Sun", "周日";
    window(days, from, to): "{days} {from}-{to}", "{days} {from} 至 {to}";

    // ---- why it is none
    wrong(text, why):
        "`{text}` is no schedule: {why}",
        "`{text}` 不是有效的时段写法：{why}";
    try_like_this():
        "write for example `always`, `workdays 07:00-20:00`, `sat-sun`, or `mon,tue 22:00-06:00; sun 08:00-12:00`",
        "写法如 `全天`、`工作日 07:00-20:00`、`周六至周日`，或 `周一、周二 22:00-06:00；周日 08:00-12:00`";
    empty_part():
        "a part between `;` is empty",
        "两个 `;` 之间是空的";
    empty():
        "it is empty",
        "它是空的";
    missing_day():
        "a day is missing beside `,` or `-`",
        "`,` 或 `-` 旁边缺少星期几";
    public_holiday(word, weekend):
        "`{word}`: public holidays are not known here; `{weekend}` or `weekend` is Saturday and Sunday",
        "`{word}`：这里不知道法定节假日；`{weekend}` 或 `weekend` 指周六和周日";
    unknown_day(word, days):
        "`{word}` is no day; days are {days}",
        "`{word}` 不是星期几；可以写周一至周日、工作日、周末、每天，或 {days}";
    twelve_hours(text, such):
        "`{text}`: hours are counted to 24 here, so {such} is 20:00",
        "`{text}`：这里按 24 小时计时，{such}请写 20:00";
    no_window(text):
        "`{text}` is no window such as 07:00-20:00",
        "`{text}` 不是 07:00-20:00 这样的时段";
    begins_at_the_end():
        "a window cannot begin at 24:00; write 00:00",
        "时段不能从 24:00 开始；请写 00:00";
    too_long(text):
        "`{text}` is longer than a day",
        "`{text}` 超过一天";
    no_time(text):
        "`{text}` is no time such as 07:00",
        "`{text}` 不是 07:00 这样的时刻";
    no_time_of_a_day(text):
        "`{text}` is no time of a day",
        "`{text}` 不是一天中的时刻";
}
