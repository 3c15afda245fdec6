/** What each step took, in milliseconds, by name. */
export class Steps {
  readonly all: Record<string, number[]> = {};
  requests = 0;

  async time<T>(name: string, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    this.requests += 1;
    const value = await work();
    this.note(name, performance.now() - began);
    return value;
  }

  note(name: string, ms: number): void {
    const list = this.all[name] ?? [];
    this.all[name] = list;
    list.push(ms);
  }
}
