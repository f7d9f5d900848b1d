/** Suites of minimal pairs, as data: where they lie, what belongs to them, and how their scores are named. */
import { basename, resolve } from 'node:path';
import { CriaError } from '../../shared/errors.ts';

/**
 * How items are scored, part of every score's name: start token, leading space, summed log-probabilities, ties count as correct.
 * The challenge of 2025 scores bare sentences without a start token; its numbers must never be mixed with these.
 */
export const PROTOCOL = 'babylm-2024';

export interface Subtask {
  name: string;
  /** What the subtask is grouped under; null when the suite has no groups. */
  phenomenon: string | null;
  /** Items of the official file. */
  items: number;
}

export interface Suite {
  name: string;
  title: string;
  /** Version of the official data. A score on other items gets a version of its own, made from their fingerprint. */
  version: string;
  /** Names under which the suite's folder is found in a data folder, in order of preference; a download takes the first. */
  folders: string[];
  /** The official subtasks; null: every .jsonl file of the folder is one. */
  subtasks: Subtask[] | null;
  /** Fingerprint of the official items (see pairs.ts); null when they are not fixed. */
  fingerprint: string | null;
  /** Name of a subtask's sample file, as lm_eval names the pipeline's tasks. */
  sampleFile(subtask: string): string;
  /** What a user without the data is told. */
  howToGet: string;
}

/** BLiMP's 67 paradigms by phenomenon, as its authors' summary groups them, with the number of pairs that the BabyLM vocabulary leaves. */
const BLIMP: Record<string, Record<string, number>> = {
  anaphor_agreement: {
    anaphor_gender_agreement: 971, anaphor_number_agreement: 931,
  },
  argument_structure: {
    animate_subject_passive: 895, animate_subject_trans: 923, causative: 818, drop_argument: 920, inchoative: 855,
    intransitive: 868, passive_1: 840, passive_2: 903, transitive: 868,
  },
  binding: {
    principle_A_c_command: 946, principle_A_case_1: 912, principle_A_case_2: 915, principle_A_domain_1: 914,
    principle_A_domain_2: 915, principle_A_domain_3: 941, principle_A_reconstruction: 967,
  },
  control_raising: {
    existential_there_object_raising: 812, existential_there_subject_raising: 924, expletive_it_object_raising: 759,
    tough_vs_raising_1: 948, tough_vs_raising_2: 920,
  },
  determiner_noun_agreement: {
    determiner_noun_agreement_1: 929, determiner_noun_agreement_2: 931, determiner_noun_agreement_irregular_1: 681,
    determiner_noun_agreement_irregular_2: 820, determiner_noun_agreement_with_adj_2: 941,
    determiner_noun_agreement_with_adj_irregular_1: 718, determiner_noun_agreement_with_adj_irregular_2: 840,
    determiner_noun_agreement_with_adjective_1: 933,
  },
  ellipsis: {
    ellipsis_n_bar_1: 802, ellipsis_n_bar_2: 828,
  },
  filler_gap_dependency: {
    wh_questions_object_gap: 859, wh_questions_subject_gap: 898, wh_questions_subject_gap_long_distance: 857,
    wh_vs_that_no_gap: 861, wh_vs_that_no_gap_long_distance: 875, wh_vs_that_with_gap: 919,
    wh_vs_that_with_gap_long_distance: 910,
  },
  irregular_forms: {
    irregular_past_participle_adjectives: 961, irregular_past_participle_verbs: 942,
  },
  island_effects: {
    adjunct_island: 928, complex_NP_island: 846, coordinate_structure_constraint_complex_left_branch: 906,
    coordinate_structure_constraint_object_extraction: 949, left_branch_island_echo_question: 947,
    left_branch_island_simple_question: 951, sentential_subject_island: 961, wh_island: 960,
  },
  npi_licensing: {
    matrix_question_npi_licensor_present: 929, npi_present_1: 909, npi_present_2: 914, only_npi_licensor_present: 882,
    only_npi_scope: 837, sentential_negation_npi_licensor_present: 919, sentential_negation_npi_scope: 871,
  },
  quantifiers: {
    existential_there_quantifiers_1: 930, existential_there_quantifiers_2: 911, superlative_quantifiers_1: 979,
    superlative_quantifiers_2: 986,
  },
  subject_verb_agreement: {
    distractor_agreement_relational_noun: 788, distractor_agreement_relative_clause: 871,
    irregular_plural_subject_verb_agreement_1: 804, irregular_plural_subject_verb_agreement_2: 892,
    regular_plural_subject_verb_agreement_1: 890, regular_plural_subject_verb_agreement_2: 945,
  },
};

const SUPPLEMENT: Record<string, number> = {
  hypernym: 842, qa_congruence_easy: 64, qa_congruence_tricky: 165, subject_aux_inversion: 3867, turn_taking: 280,
};

const BY_NAME = (a: Subtask, b: Subtask): number => (a.name < b.name ? -1 : 1);

function blimpSubtasks(items: (filtered: number) => number): Subtask[] {
  return Object.entries(BLIMP)
    .flatMap(([phenomenon, paradigms]) => Object.entries(paradigms).map(([name, filtered]) => ({ name, phenomenon, items: items(filtered) })))
    .sort(BY_NAME);
}

const OSF_HINT = 'Add --download to fetch it from the challenge\'s OSF project (osf.io/ad7qg), or download the folder evaluation_data '
  + 'there and give its place with --data.';

export const SUITES: readonly Suite[] = [
  {
    name: 'blimp',
    title: 'BLiMP, filtered to the BabyLM vocabulary',
    version: '2024-filtered',
    folders: ['blimp_filtered'],
    subtasks: blimpSubtasks((filtered) => filtered),
    fingerprint: '3e110cd8c92315fc3ea0c13bfc848816563c6a028db14e8160222a7e221a9b0e',
    sampleFile: (subtask) => `blimp_${subtask}_filtered_results.jsonl`,
    howToGet: OSF_HINT,
  },
  {
    name: 'supplement',
    title: 'BLiMP supplement, filtered to the BabyLM vocabulary',
    version: '2024-filtered',
    folders: ['supplement_filtered'],
    subtasks: Object.entries(SUPPLEMENT).map(([name, items]) => ({ name, phenomenon: null, items })).sort(BY_NAME),
    fingerprint: '1a9e0ba2578abb084bc4e81f50b01a29240bb86a3fc2cf7fcef9c8d9c127a097',
    sampleFile: (subtask) => `blimp_supplement_${subtask}_results.jsonl`,
    howToGet: OSF_HINT,
  },
  {
    name: 'blimp-full',
    title: 'BLiMP, all 67 x 1,000 pairs',
    version: '1.0',
    folders: ['blimp', 'blimp/data', 'data'],
    subtasks: blimpSubtasks(() => 1000),
    fingerprint: '66b08486f2607548075f065584962b78221ba01e238cdf6043ff8cbbf7a2df35',
    sampleFile: (subtask) => `blimp_${subtask}_results.jsonl`,
    howToGet: 'Add --download to fetch it from github.com/alexwarstadt/blimp, or give the folder of its 67 .jsonl files with --data.',
  },
  {
    name: 'demo',
    title: "The demo's minimal pairs",
    version: '1',
    folders: ['demo'],
    subtasks: null,
    fingerprint: null,
    sampleFile: (subtask) => `demo_${subtask}_results.jsonl`,
    howToGet: 'Run `cria demo`, which makes it.',
  },
];

/** What stands before the path of a lab's own pairs where a suite's name is asked for. */
export const OWN_PAIRS = 'pairs:';

/**
 * A suite by its name; `pairs:PATH` is a lab's own .jsonl file, or folder of them, with sentence_good and sentence_bad in each line.
 * @returns the suite, and the path that the name itself gives (null for the named suites)
 * @throws CriaError `bad-input` for a name that is no suite
 */
export function findSuite(name: string): { suite: Suite; path: string | null } {
  if (name.startsWith(OWN_PAIRS) && name.length > OWN_PAIRS.length) {
    const path = resolve(name.slice(OWN_PAIRS.length));
    const stem = basename(path).replace(/\.jsonl$/, '');
    return {
      path,
      suite: {
        name: `pairs:${stem}`,
        title: stem,
        version: 'own',
        folders: [],
        subtasks: null,
        fingerprint: null,
        sampleFile: (subtask) => `${stem === subtask ? stem : `${stem}_${subtask}`}_results.jsonl`,
        howToGet: 'Check the path after "pairs:".',
      },
    };
  }
  const suite = SUITES.find((candidate) => candidate.name === name);
  if (suite) return { suite, path: null };
  throw new CriaError('bad-input', `There is no suite "${name}".`,
    `Suites: ${SUITES.map((candidate) => candidate.name).join(', ')}; or pairs:PATH for your own file of minimal pairs.`);
}
