import { vi } from 'vitest';

export interface Printed {
  /** Both streams, in the order of printing. */
  text(): string;
  /** What is printed from here on goes where it belongs. */
  end(): void;
}

/** Keeps what this process prints from the terminal, to be read instead. */
export function catchPrinted(): Printed {
  let text = '';
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((piece: unknown) => {
      text += String(piece);
      return true;
    }),
  );
  return {
    text: () => text,
    end: () => {
      for (const spy of spies) spy.mockRestore();
    },
  };
}

/** A command as typed at a terminal: its exit code and everything it printed. */
export async function printedBy(command: () => Promise<number>): Promise<{ exit: number; out: string }> {
  const printed = catchPrinted();
  try {
    return { exit: await command(), out: printed.text() };
  } finally {
    printed.end();
  }
}
