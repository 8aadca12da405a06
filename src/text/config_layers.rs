//! What is wrong with the types of cameras and with what cameras have in common, and what to try.

sentences! { "config_layers";
    type_unused(id):
        "no camera is of the type `{id}`",
        "没有摄像机属于类型 `{id}`";
    write_like_or_leave_out(id):
        "write like = \"{id}\" in those that are, or leave the type out",
        "请在属于它的摄像机中写 like = \"{id}\"，或去掉这个类型";
    unknown_type(shown):
        "`like` names an unknown camera type{shown}",
        "`like` 指定的摄像机类型不存在{shown}";
    add_a_type(example):
        "add a section `[[camera_type]]` with id = \"{example}\", or leave `like` out",
        "请添加一段 `[[camera_type]]`，其中 id = \"{example}\"，或去掉 `like`";
    same_url(cameras):
        "{cameras} have the same `url`",
        "{cameras} 的 `url` 相同";
    own_url():
        "each camera has an address of its own; on a recorder the number of the channel in it is another one",
        "每路摄像机都有自己的地址；在录像机上，地址中的通道号各不相同";
}
