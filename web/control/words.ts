import type { AgentStatus } from '../hosted/model.ts';

/** What the frame's windows read; the page around it is a Chinese trading system's. */
export const words = {
  site: 'CA 互认枢纽',
  login: {
    title: '使用数字证书',
    asks: '请求使用您的证书。输入 PIN 码后 10 分钟内有效，每次签名和解密仍会请您确认。',
    act: '确定',
  },
  sign: { title: '确认签名', asks: '请求您用证书签名以下内容。', act: '确认签名', working: '正在签名…' },
  decrypt: {
    title: '确认解密',
    asks: '请求用您的证书打开一份加密内容，打开后交给该页面。',
    act: '确认解密',
    working: '正在解密…',
  },
  binary: '二进制内容',
  bytes: (count: number): string => `共 ${count.toLocaleString('zh-CN')} 字节`,
  sm3: (hash: string): string => `SM3 ${hash.slice(0, 16)}…`,
  more: '（以下略）',
  until: (day: string): string => `有效期至 ${day}`,
  tail: (tail: string): string => `尾号 ${tail}`,
  unknownAuthority: '未接入的机构',
  pin: 'PIN 码',
  pinHint: 'PIN 码只交给本机的证书助手，不经网络传输。',
  pinMissing: '请输入 PIN 码。',
  pinWrong: (n: number): string => `PIN 码错误，还可尝试 ${n} 次；用完后 UKey 将被锁定。`,
  pinLast: '只剩最后 1 次机会：再输错，UKey 将被锁定，须到 CA 机构解锁。请确认无误后再继续。',
  pinLength: 'PIN 码长度不符，请核对后重新输入。',
  pinKnown: '已输入过 PIN 码，可以直接确认。',
  pinAgent: '请在证书助手的窗口中输入 PIN 码。',
  pinAgentNext: '下一步在证书助手自己的窗口中输入 PIN 码。',
  pinStopped: '没有输入 PIN 码，可以重新确认。',
  covered: '窗口被其他内容遮挡，请移开后再确认。',
  cancel: '取消',
  close: '关闭',
  retry: '重试',
  support: '编号',
  diagnose: '打开环境检测',
} as const;

interface Trouble {
  readonly title: string;
  readonly text: string;
  /** The button of the way out. */
  readonly act: string;
}

/** Why no key can be reached, and what to do. */
export const agentTroubles: Readonly<Partial<Record<AgentStatus, Trouble>>> = {
  ask: {
    title: '连接证书助手',
    text: '浏览器会询问是否允许访问本机设备，请选择“允许”，UKey 由本机的证书助手读取。',
    act: '连接',
  },
  asking: { title: '请在浏览器的询问中选择“允许”', text: 'UKey 由本机的证书助手读取，需要您的允许。', act: '重试' },
  none: {
    title: '没有找到证书助手',
    text: '请安装并启动证书助手，再点“重试”。已经启动的，请确认没有被安全软件拦截。',
    act: '重试',
  },
  lost: { title: '证书助手已断开', text: '请确认证书助手仍在运行，再点“重试”。', act: '重试' },
  denied: {
    title: '浏览器不允许访问证书助手',
    text: '请点地址栏左侧的图标，在网站设置中把“本地网络访问”改为“允许”，再点“重试”。',
    act: '重试',
  },
  framed: {
    title: '本页面没有取得访问证书助手的许可',
    text: '交易系统的页面没有把访问本机设备的许可交给证书控件，请联系交易系统客服。',
    act: '重试',
  },
  'not-paired': {
    title: '证书助手尚未与本平台配对',
    text: '请按证书助手的说明完成配对，再点“重试”。',
    act: '重试',
  },
};
