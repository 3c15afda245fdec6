import { beijingDateTime } from '#kernel/clock.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import type { Opening, OpeningState } from './opening.ts';

/** How a state reads in a person's sentence. */
export function stateWords(state: OpeningState): string {
  switch (state) {
    case 'announced':
      return '尚未开标';
    case 'releasing':
      return '正在释放开标密钥';
    case 'released':
      return '正在解密';
    case 'ended':
      return '已结束';
    case 'aborted':
      return '已终止';
  }
}

export const wrongState = (state: OpeningState): Refusal => refusal('OPENING_STATE', { state: stateWords(state) });

/** Whether capsules are still taken, replaced and withdrawn at `now`: until the last millisecond before closesAt. */
export function refusalOfState(opening: Pick<Opening, 'state' | 'closesAt'>, now: number): Refusal | undefined {
  if (now >= opening.closesAt) return refusal('OPENING_CLOSED', { time: beijingDateTime(opening.closesAt) });
  return opening.state === 'announced' ? undefined : wrongState(opening.state);
}
