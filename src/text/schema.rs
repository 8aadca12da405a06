//! What `lookout schema` says beside what is published.

sentences! { "schema";
    of_box():
        "All of them as one AsyncAPI 3.0 document, as the box sees them.",
        "以上全部，合为一份 AsyncAPI 3.0 文档，从盒子一方来看。";
    of_centre():
        "The same as the command centre sees them.",
        "同上，从指挥中心一方来看。";
    of_configuration():
        "The configuration file, for editors.",
        "配置文件，供编辑器使用。";
    of_metrics():
        "The metrics, as tables in Markdown.",
        "指标，以 Markdown 表格列出。";
    unknown(name):
        "there is no schema `{name}`",
        "没有模式 `{name}`";
    try_names(names):
        "there are {names}, asyncapi, asyncapi-centre, configuration and metrics",
        "有 {names}、asyncapi、asyncapi-centre、configuration 和 metrics";
}
