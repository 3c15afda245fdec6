import type { AgentError, AgentErrorCode } from './protocol.ts';

/** GM/T 0016 result code, where one fits, and the person's sentence (`{n}` = tries left). */
const rows: Record<AgentErrorCode, { readonly sar?: string; readonly message: string }> = {
  NOT_AUTHORIZED: { message: '页面尚未获得授权，请刷新页面后重试。' },
  GRANT_INVALID: { message: '页面授权无效或已过期，请刷新页面后重试；如果本机时间不准，请先校准。' },
  OPERATION_NOT_GRANTED: { message: '页面没有获得此项操作的授权，请刷新页面后重试。' },
  TEXT_REFUSED: { message: '待签内容不是本次操作的验证原文，证书助手没有签名。请刷新页面后重试。' },
  KEY_NOT_FOUND: { sar: '0x0A00001B', message: '未检测到 UKey，请插入后重试。' },
  KEY_REMOVED: { sar: '0x0A000023', message: 'UKey 已拔出，本次操作未完成，请重新插入。' },
  PIN_INCORRECT: { sar: '0x0A000024', message: 'PIN 码错误，还可尝试 {n} 次；用完后 UKey 将被锁定。' },
  PIN_LOCKED: { sar: '0x0A000025', message: 'UKey 已锁定，请联系签发证书的 CA 机构解锁。' },
  PIN_REQUIRED: { sar: '0x0A00002D', message: '请先输入 PIN 码。' },
  PIN_CANCELLED: { message: '您已取消输入 PIN 码。' },
  PIN_ENTRY_WRONG: { sar: '0x0A000003', message: '这把 UKey 的 PIN 码不在此处输入，请按页面提示操作。' },
  UNWRAP_FAILED: { sar: '0x0A000001', message: '密钥未能解开，请确认使用的是加密时的那把 UKey。' },
  BAD_REQUEST: { sar: '0x0A000006', message: '请求格式有误，请刷新页面后重试。' },
  INTERNAL: { sar: '0x0A000001', message: '证书助手处理时遇到问题，请重新插入 UKey 后重试。' },
};

/** Never carries what the page sent: only the code, the tries left and a fixed sentence. */
export function agentError(code: AgentErrorCode, remaining?: number): AgentError {
  const { sar, message } = rows[code];
  return {
    code,
    ...(sar !== undefined && { sar }),
    ...(remaining !== undefined && { remaining }),
    message: message.replace('{n}', String(remaining ?? 0)),
  };
}
