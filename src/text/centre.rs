//! The command centre's receiver: its configuration, what it waits for, what it refuses.

/// As it stands in the documents.
pub(crate) const EXAMPLE_NATS: &str = "urls = [\"tls://node-1.example:4222\", \"tls://node-2.example:4222\"]";
/// Likewise.
pub(crate) const EXAMPLE_MQTT: &str = "url = \"mqtts://centre.example:8883\"";
/// Likewise.
pub(crate) const EXAMPLE_DATABASE: &str = "url = \"postgresql://lookout@localhost/lookout\"";

sentences! { "centre";
    // ---- its configuration
    prefix_unusable(prefix):
        "`{prefix}` cannot be the beginning of topics and of NATS subjects",
        "`{prefix}` 不能作为主题和 NATS subject 的开头";
    example_of_boxes():
        "for example: boxes = \"/etc/lookout-centre/boxes\", a folder with a file AREA.BOX.jwk for each box",
        "例如：boxes = \"/etc/lookout-centre/boxes\"，目录中每台盒子一个文件 AREA.BOX.jwk";
    example_of_evidence():
        "for example: evidence = \"/var/lib/lookout-centre/evidence\", a folder for pictures that all workers share",
        "例如：evidence = \"/var/lib/lookout-centre/evidence\"，所有接收进程共用的图片目录";
    no_inlet():
        "it does not say where boxes are heard",
        "没有写明从哪里接收盒子的消息";
    two_inlets():
        "boxes are heard in one place",
        "接收盒子消息的地方只能有一处";
    one_inlet():
        "write [nats] for a cluster of NATS JetStream, or [mqtt] for one MQTT 5 broker",
        "NATS JetStream 集群请写 [nats]，单个 MQTT 5 服务器请写 [mqtt]";
    no_url():
        "this is no such address",
        "地址写法不对";
    password_in_url():
        "a password never stands in an address",
        "地址中不能写密码";
    try_password_file():
        "write it to a file that only its owner can read, and name that: password_file = \"...\"",
        "请写入仅属主可读的文件，并写出文件名：password_file = \"...\"";
    try_certificates():
        "the centre shows a certificate: cert_file and key_file",
        "指挥中心用证书证明身份：cert_file 和 key_file";
    no_database_url(detail):
        "this is no address of a PostgreSQL database: {detail}",
        "不是 PostgreSQL 数据库的地址（原文：{detail}）";
    half_certificate():
        "`cert_file` and `key_file` go together: one of them is missing",
        "`cert_file` 和 `key_file` 须同时设置：缺少其中一个";
    try_both_or_none():
        "name both, or neither",
        "请两个都写，或都不写";
    try_desk_key():
        "make one with `lookout keys make desk-1 --role desk`, and give its public half to every box: [desk] key_file = \"desk-1.jwk\"",
        "请用 `lookout keys make desk-1 --role desk` 生成，并把公钥写入每台盒子的配置：[desk] key_file = \"desk-1.jwk\"";

    // ---- keys of boxes
    folder_of_keys(path):
        "the folder of the boxes' keys {path}",
        "盒子公钥目录 {path}";
    key_file_misnamed(path):
        "{path} is not named by area and box, such as 530127.box-7f3a.jwk",
        "{path} 未按“区划.盒子”命名，例如 530127.box-7f3a.jwk";
    no_box_key(path):
        "{path} holds no public key of a box",
        "{path} 中没有盒子的公钥";
    try_box_key():
        "on the box: lookout keys box --json >530127.box-7f3a.jwk, with its own area and name",
        "在盒子上运行：lookout keys box --json >530127.box-7f3a.jwk，区划和名称用它自己的";
    try_folder():
        "make it, and put the public key of each box into it",
        "请建立该目录，并放入每台盒子的公钥";
    no_boxes(path):
        "{path} holds no key of a box: nothing is believed that comes",
        "{path} 中没有任何盒子的公钥：收到的消息都不会采信";
    no_desk_key():
        "without [desk] key_file marks are not signed, and nothing that is missing can be asked for: boxes with a [[command_key]] take neither",
        "没有 [desk] key_file，确认标记不签名，遗漏的消息也无法补要：设有 [[command_key]] 的盒子两者都不接受";

    // ---- at work
    started(boxes, workers):
        "the centre is at work: keys of {boxes} boxes, {workers} workers",
        "指挥中心接收程序已启动：{boxes} 台盒子的公钥，{workers} 个工作线程";
    stopped():
        "the centre has stopped; what was taken is stored",
        "指挥中心接收程序已停止，已接收的都已入库";
    database_away(why):
        "the database is away: {why}",
        "数据库无法使用：{why}";
    database_back():
        "the database is there again",
        "数据库已恢复";
    try_database():
        "does it run, is there this database, and may this user write there?",
        "请确认数据库已运行、库已建立，且该用户有写权限";
    nats_there():
        "connected to NATS",
        "已连接 NATS";
    nats_away():
        "no server of NATS is there",
        "没有可用的 NATS 服务器";
    nats_unusable(why):
        "NATS cannot be used: {why}",
        "NATS 无法使用：{why}";
    stream_unready(name, why):
        "the stream {name} cannot be read now: {why}; trying again",
        "暂时无法读取流 {name}：{why}；正在重试";
    broker_there():
        "connected to the broker",
        "已连接 MQTT 服务器";
    broker_away(why):
        "no connection to the broker: {why}; trying again",
        "与 MQTT 服务器没有连接：{why}；正在重试";
    picture_unwritten(why):
        "a picture cannot be written: {why}; trying again",
        "图片无法写入：{why}；正在重试";
    not_taken(why):
        "the database does not take a message, which is put with the refused ones: {why}",
        "数据库不接受一条消息，已归入拒收：{why}";
    worker_failed(why):
        "a worker failed: {why}",
        "一个工作线程出错：{why}";
    checked(path, boxes):
        "{path}: ok, keys of {boxes} boxes",
        "{path}：没有问题，共 {boxes} 台盒子的公钥";
}
