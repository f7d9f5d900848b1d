/** AbortController as the shell uses it, which Node 12 lacks. */
class OldAbortController {
  readonly signal = { aborted: false };
  abort(): void {
    this.signal.aborted = true;
  }
}

globalThis.AbortController ??= OldAbortController as unknown as typeof AbortController;
