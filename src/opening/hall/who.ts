import type { ActName } from './acts.ts';

/** Whose act it is, in the sentence that refuses it to somebody else. */
export function whoMay(act: ActName | 'check-in' | 'release' | 'recover' | 'decrypt' | 'rehearse' | 'rewrap'): string {
  switch (act) {
    case 'start':
    case 'end-lot':
    case 'close-window':
    case 'answer-objection':
    case 'finish':
      return '开标主持人在相应阶段';
    case 'propose':
      return '开标主持人或监督人员在相应阶段';
    case 'decide':
    case 'withdraw':
      return '有权确认的另一位人员';
    case 'check-in':
    case 'release':
    case 'state-clock':
      return '托管人在相应阶段';
    case 'recover':
      return '恢复托管人在双人同意之后';
    case 'ask-remedy':
    case 'confirm':
    case 'object':
    case 'decrypt':
    case 'rehearse':
    case 'rewrap':
      return '投标人在相应阶段';
  }
}
