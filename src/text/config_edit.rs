//! Why a change of the configuration file cannot be made as it was meant.

sentences! { "config_edit";
    no_camera(id): "the file has no camera `{id}`", "配置文件中没有摄像机 `{id}`";
    no_rule(id): "the file has no rule `{id}`", "配置文件中没有规则 `{id}`";
    camera_is_there(id):
        "the file has a camera `{id}` already: choose another name",
        "配置文件中已有摄像机 `{id}`：请换一个编号";
    rule_is_there(id):
        "the file has a rule `{id}` already: choose another name",
        "配置文件中已有规则 `{id}`：请换一个编号";
    name_twice(id):
        "two of what is drawn are called `{id}`: give one of them another name",
        "绘制的内容中有两处都叫 `{id}`：请将其中一处改名";
    shape_of_layer(id, layer):
        "`{id}` comes from `{layer}`, so this camera alone cannot be without it: remove it there, in the file",
        "`{id}` 来自 `{layer}`，不能只在这一路摄像机中删除：请在配置文件的该处删除";
    mask_of_layer(layer):
        "a mask comes from `{layer}`, so this camera alone cannot be without it: change it there, in the file",
        "有一处遮罩来自 `{layer}`，不能只在这一路摄像机中改动：请在配置文件的该处改动";
    horizon_of_layer(layer):
        "the horizon comes from `{layer}`, so this camera alone cannot be without it: remove it there, in the file",
        "地平线来自 `{layer}`，不能只在这一路摄像机中删除：请在配置文件的该处删除";
    value_has_nothing_below(name):
        "`{name}` is a single value in the file, and nothing can stand below it",
        "`{name}` 在配置文件中是单个值，其下不能再有内容";
}
