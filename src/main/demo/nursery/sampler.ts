/**
 * A definite clause grammar that is sampled at random. Rules are resources/demo/grammar.yaml's: a head with a name and arguments, and
 * weighted alternatives; variables (capitals) unify within an alternative, so agreement holds by construction.
 */
import { z } from 'zod';
import type { Random } from '../../random.ts';
import type { Lexicon } from './words.ts';
import { readResource } from './resources.ts';

/** A part of an alternative. */
type Part =
  | { kind: 'text'; text: string }
  /** <name arguments> */
  | { kind: 'call'; name: string; args: string[] }
  /** {construction variable} */
  | { kind: 'heldOut'; construction: string; variable: string }
  /** [good | bad] of a minimal pair */
  | { kind: 'sides'; good: Part[]; bad: Part[] };

interface Alternative {
  head: string[];
  weight: number;
  parts: Part[];
}

/** What a variable stands for: a value, another variable, or nothing yet. */
class Variable {
  value: string | Variable | undefined;
}
type Term = string | Variable;

/** Signals that an alternative cannot be used here; one for all, as it is thrown by the thousand and nobody reads its stack. */
const FAIL = new Error('no alternative fits');

export interface Sample {
  good: string;
  /** Differs from `good` for minimal pairs alone. */
  bad: string;
}

const alternatives = z.array(z.union([z.string(), z.record(z.string(), z.string())]));
const grammarShape = z.object({ rules: z.record(z.string(), alternatives) });

const isVariable = (argument: string) => /^[A-Z]\w*$/.test(argument);

export class Grammar {
  readonly #lexicon: Lexicon;
  readonly #rules = new Map<string, Alternative[]>();
  readonly #random: Random;

  constructor(lexicon: Lexicon, random: Random) {
    this.#lexicon = lexicon;
    this.#random = random;
    for (const [head, list] of Object.entries(grammarShape.parse(readResource('grammar.yaml')).rules)) {
      const [name, ...args] = head.split(' ') as [string, ...string[]];
      const known = this.#rules.get(name) ?? [];
      this.#rules.set(name, known);
      for (const entry of list) {
        const [weight, text] = typeof entry === 'string' ? [1, entry] : [Number(Object.keys(entry)[0]), Object.values(entry)[0]!];
        known.push({ head: args, weight, parts: parseParts(text) });
      }
    }
  }

  /** Draws an expansion of a rule without arguments that are known. */
  sample(rule: string): string {
    return this.#untilItFits(() => this.#call(rule, [], 'corpus').good);
  }

  /** Draws a minimal pair from a template, in which held-out marks mean what must be held out. */
  samplePair(template: string): Sample {
    const parts = parseParts(template);
    return this.#untilItFits(() => this.#expand(parts, new Map(), 'pair'));
  }

  #untilItFits<T>(draw: () => T): T {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      this.#trail.length = 0;
      try {
        return draw();
      } catch (signal) {
        if (signal !== FAIL) throw signal;
      }
    }
    throw new Error('the grammar has no sentence of that form');
  }

  /** Variables bound since the last choice, so that a choice can be undone. */
  readonly #trail: Variable[] = [];

  #call(name: string, args: Term[], mode: 'corpus' | 'pair'): Sample {
    const words = this.#lexicon.forms.get(name);
    if (words) {
      const fitting = words.filter(({ features }) => features.every((feature, i) => args[i] === undefined || couldBe(args[i], feature)));
      if (!fitting.length) throw FAIL;
      const chosen = fitting[this.#draw(fitting.map(({ weight }) => weight))]!;
      chosen.features.forEach((feature, i) => args[i] !== undefined && this.#unify(args[i], feature));
      return { good: chosen.text, bad: chosen.text };
    }
    const rule = this.#rules.get(name);
    if (!rule) throw new Error(`the grammar has no rule "${name}"`);
    const untried = [...rule];
    while (untried.length) {
      const [alternative] = untried.splice(this.#draw(untried.map(({ weight }) => weight)), 1);
      const mark = this.#trail.length;
      try {
        const scope = new Map<string, Variable>();
        alternative!.head.forEach((parameter, i) => args[i] !== undefined && this.#unify(args[i], this.#term(parameter, scope)));
        return this.#expand(alternative!.parts, scope, mode);
      } catch (signal) {
        if (signal !== FAIL) throw signal;
        for (const variable of this.#trail.splice(mark)) variable.value = undefined;
      }
    }
    throw FAIL;
  }

  #expand(parts: readonly Part[], scope: Map<string, Variable>, mode: 'corpus' | 'pair'): Sample {
    const good: string[] = [];
    const bad: string[] = [];
    for (const part of parts) {
      if (part.kind === 'text') {
        good.push(part.text);
        bad.push(part.text);
      } else if (part.kind === 'heldOut') {
        const word = resolve(this.#term(part.variable, scope));
        const held = typeof word === 'string' && this.#lexicon.heldOut.get(part.construction)!.has(word);
        if (held !== (mode === 'pair')) throw FAIL;
      } else if (part.kind === 'call') {
        // Only a pair's own template asks for what is held out; the phrases in it are as the corpus has them.
        const drawn = this.#call(part.name, part.args.map((argument) => this.#term(argument, scope)), 'corpus');
        good.push(drawn.good);
        bad.push(drawn.good);
      } else {
        good.push(this.#expand(part.good, scope, 'corpus').good);
        bad.push(this.#expand(part.bad, scope, 'corpus').good);
      }
    }
    return { good: good.filter(Boolean).join(' '), bad: bad.filter(Boolean).join(' ') };
  }

  #term(argument: string, scope: Map<string, Variable>): Term {
    if (argument === '_') return new Variable();
    if (!isVariable(argument)) return argument;
    const known = scope.get(argument) ?? new Variable();
    scope.set(argument, known);
    return known;
  }

  #unify(a: Term, b: Term): void {
    const [left, right] = [resolve(a), resolve(b)];
    if (left === right) return;
    if (left instanceof Variable) {
      left.value = right;
      this.#trail.push(left);
    } else if (right instanceof Variable) {
      right.value = left;
      this.#trail.push(right);
    } else {
      throw FAIL;
    }
  }

  /** An index, drawn in proportion to the weights. */
  #draw(weights: readonly number[]): number {
    let rest = this.#random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
    const index = weights.findIndex((weight) => (rest -= weight) < 0);
    return index < 0 ? weights.length - 1 : index;
  }
}

const MAX_ATTEMPTS = 10_000;

function resolve(term: Term): Term {
  let found = term;
  while (found instanceof Variable && found.value !== undefined) found = found.value;
  return found;
}

function couldBe(term: Term, value: string): boolean {
  const found = resolve(term);
  return found instanceof Variable || found === value;
}

function parseParts(text: string): Part[] {
  const parts: Part[] = [];
  for (const [token] of text.matchAll(/<[^>]+>|\{[^}]+\}|\[[^\]]+\]|[^\s<{[]+/g)) {
    const inner = token.slice(1, -1).trim();
    if (token.startsWith('<')) {
      const [name, ...args] = inner.split(/\s+/) as [string, ...string[]];
      parts.push({ kind: 'call', name, args });
    } else if (token.startsWith('{')) {
      const [construction, variable] = inner.split(/\s+/) as [string, string];
      parts.push({ kind: 'heldOut', construction, variable });
    } else if (token.startsWith('[')) {
      const [good, bad] = inner.split('|') as [string, string];
      parts.push({ kind: 'sides', good: parseParts(good), bad: parseParts(bad) });
    } else {
      parts.push({ kind: 'text', text: token });
    }
  }
  return parts;
}
