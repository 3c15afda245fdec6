/** How much is measured: `tiny` for the smoke test, `full` adds what takes minutes. */
export interface Scale {
  readonly size: 'tiny' | 'normal' | 'full';
  readonly rounds: number;
  /** Tells a person that something is going on. */
  readonly progress: (line: string) => void;
}

export function scaleOf(size: Scale['size'], progress: (line: string) => void, rounds?: number): Scale {
  return { size, rounds: rounds ?? (size === 'tiny' ? 1 : 5), progress };
}

/** `tiny` or the real number. */
export const pick = (scale: Scale, tiny: number, normal: number, full = normal): number => {
  switch (scale.size) {
    case 'tiny':
      return tiny;
    case 'normal':
      return normal;
    case 'full':
      return full;
  }
};
