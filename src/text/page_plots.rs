//! How many alerts there were, hour by hour and day by day, on the page.

sentences! { "page_plots";
    how_many(): "How many there were", "预警数量";
    as_filtered():
        "Of the alerts that the filter shows, whether they are over or not. The days of the filter do not count here.",
        "按上面的筛选条件统计（不论是否结束），不受筛选日期影响。";
    by_hour(): "The last 24 hours, hour by hour", "最近 24 小时（按小时）";
    by_day(): "The last 30 days, day by day", "最近 30 天（按天）";
    alerts_in_hours(count): "Alerts in the last 24 hours: {count}", "最近 24 小时预警数：{count}";
    alerts_in_days(count): "Alerts in the last 30 days: {count}", "最近 30 天预警数：{count}";
    none_in_hours(): "No alert in the last 24 hours.", "最近 24 小时没有预警。";
    none_in_days(): "No alert in the last 30 days.", "最近 30 天没有预警。";
    most_at_once(count, when): "The most: {count} ({when}).", "最多 {count} 条：{when}。";
    as_table(): "The numbers as a table", "以表格查看";
    only_with_alerts(): "Hours and days without an alert are left out.", "没有预警的时段不列出。";
    hour(): "Hour", "小时";
    day(): "Day", "日期";
    all(): "All", "合计";
    bar(when, counts): "{when}: {counts}", "{when}：{counts}";
    of_level(count, level): "{count} {level}", "{level} {count} 条";
}
