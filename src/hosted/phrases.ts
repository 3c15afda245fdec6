/** Where a long name of an institution may break: after the institution, before what it runs. */
const JOINTS = /(?<=中心|平台|集团|公司|委员会|管理局|交易所|办公室)(?=.{4,})/u;

/** `示例市公共资源交易中心电子交易系统` → [`示例市公共资源交易中心`, `电子交易系统`]. A name without such a joint stays whole. */
export const phrases = (name: string): readonly string[] => name.split(JOINTS);
