import type { HallApi } from '#hosted/hall-api.ts';
import type { NeededCertificateView } from '#hosted/hall-bids-api.ts';
import type { Desk } from '../desk.ts';
import type { Judged, Readable } from '../keys.ts';
import type { HallModel, HallPageApi, KeyTask } from './hall-desk.ts';

/**
 * The word on the plugged keys for what is to be done: for a signature the hub's; where one certain encryption certificate is needed, the page
 * itself sees whether the key carries it.
 */
export async function judgeFor(
  desk: Desk<HallPageApi, HallModel>,
  certificates: readonly Readable[],
): Promise<readonly Judged[] | null> {
  const { panel } = desk.model();
  if (panel?.kind !== 'key') return null;
  const { task } = panel;
  if (task.kind !== 'ask') return certificates.map((one) => compared(one, task));
  const asked = certificates.map(({ key, sign }) => ({ key, sign }));
  const answer = await desk.ask('certificates', { interaction: task.asked.interaction, certificates: asked });
  if (!answer.ok) {
    desk.refused(answer.error);
    return null;
  }
  desk.change({ roles: { ...desk.model().roles, ...rolesOf(answer.value.certificates) } });
  return answer.value.certificates;
}

type Forecast = Extract<HallApi['certificates']['answer'], { ok: true }>['certificates'];
const rolesOf = (views: Forecast): HallModel['roles'] => Object.fromEntries(views.map((one) => [one.key, one.roles]));

/** What a task wraps to, and for whom. */
export function wantedBy(
  task: KeyTask,
): readonly { readonly certificate: string; readonly needed: NeededCertificateView | null }[] {
  switch (task.kind) {
    case 'ask':
      return [];
    case 'share':
      return [{ certificate: task.task.certificate, needed: task.task.needed }];
    case 'recover':
      return task.tasks;
    case 'rehearse':
      return task.task.tests;
    case 'rewrap':
      return task.tasks.map((one) => ({ certificate: one.old, needed: one.needed }));
  }
}

function compared(one: Readable, task: KeyTask): Judged {
  const found = wantedBy(task).find((wanted) => wanted.certificate === one.encrypt);
  const needed = found?.needed ?? null;
  return {
    key: one.key,
    holder: needed?.holder ?? '',
    kind: 'organisation',
    authority: needed?.authority ?? null,
    tail: needed?.tail ?? '',
    notAfter: needed?.notAfter ?? '',
    daysLeft: 1,
    status: needed?.expired ? 'expired' : 'ready',
    error: null,
    opens: found === undefined ? [] : [one.key],
  };
}
