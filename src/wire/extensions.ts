import type { InteractionState } from '#store/schema.ts';
import type { PrintedField } from './interfaces.ts';

/** Our own additions beside the printed interfaces, as data for the edge and the docs alike. */

const must = (name: string, zh: string): PrintedField => ({ name, zh, type: 'String', required: true });

export const TASK_PATH = '/api/ca/ext/tasks/';
export const TICKET_PATH = '/api/ca/ext/tickets';

/** How far a task query's time stamp may be from the hub's clock, milliseconds. */
export const QUERY_WINDOW_MS = 5 * 60_000;

/** Members of a ticket's redemption; all of them but `sign` are signed. */
export const ticketFields: readonly PrintedField[] = [
  must('caUnitId', '接入单位标识'),
  must('taskId', '标识本次任务'),
  must('ticket', '一次性登录凭据'),
  must('sign', '签名'),
];

/** Members of a task query: the task in the path, the interface in the query (startCheck where it is left out), three in headers; signed in the style of a body. */
export const taskQueryFields: readonly (PrintedField & { readonly header: string | null })[] = [
  { ...must('caUnitId', '接入单位标识'), header: 'X-Ca-Unit-Id' },
  { ...must('taskId', '标识本次任务'), header: null },
  {
    ...must('interface', '任务所属接口：startCheck、startdecrypt、startSignature 或 startiframesign'),
    required: false,
    header: null,
  },
  { ...must('timestamp', '毫秒时间戳'), header: 'X-Ca-Timestamp' },
  { ...must('sign', '签名'), header: 'X-Ca-Sign' },
];

/** States of a task as the query tells them. */
export const taskStates: Readonly<Record<InteractionState, string>> = {
  open: '已发起，还没有浏览器打开登录页',
  claimed: '用户正在登录页操作',
  proved: '身份已核验，正在把结果推送给交易系统',
  succeeded: '交易系统已接收结果',
  refused: '交易系统拒绝了结果',
  undelivered: '交易系统在有效时间内没有答复，结果不会再推送',
  cancelled: '用户已取消',
  expired: '已超时',
};
