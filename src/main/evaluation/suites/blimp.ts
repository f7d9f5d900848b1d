/** BLiMP (Warstadt et al. 2020), its challenge's supplement, and their shorter cuts. */
import { JSONL, MINIMAL_PAIR, subtasksOf, byName, type ChoiceMethod, type ChoiceSuite, type Subtask } from './suite.ts';

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

function blimpSubtasks(items: (filtered: number) => number): Subtask[] {
  return Object.entries(BLIMP)
    .flatMap(([phenomenon, paradigms]) => Object.entries(paradigms).map(([name, filtered]) => ({ name, phenomenon, items: items(filtered) })))
    .sort(byName);
}

export const minimalPairs = (sampleFile: (subtask: string) => string): ChoiceMethod => ({ kind: 'choice', ...MINIMAL_PAIR, sampleFile });

const OSF_HINT = 'Add --download to fetch it from the challenge\'s OSF project (osf.io/ad7qg), or download the folder evaluation_data '
  + 'there and give its place with --data.';
const FAST_HINT = 'Download the folder evaluation_data of the challenge of 2025 (osf.io/ryjfm) and give its place with --data.';

export const BLIMP_SUITES: readonly ChoiceSuite[] = [
  {
    name: 'blimp',
    title: 'BLiMP, filtered to the BabyLM vocabulary',
    version: '2024-filtered',
    protocols: ['babylm-2024', 'babylm-2025'],
    source: { ...JSONL, folders: ['blimp_filtered'] },
    subtasks: blimpSubtasks((filtered) => filtered),
    fingerprint: '3e110cd8c92315fc3ea0c13bfc848816563c6a028db14e8160222a7e221a9b0e',
    method: minimalPairs((subtask) => `blimp_${subtask}_filtered_results.jsonl`),
    submission: { task: 'blimp', folder2025: 'blimp/blimp_filtered' },
    howToGet: OSF_HINT,
  },
  {
    name: 'supplement',
    title: 'BLiMP supplement, filtered to the BabyLM vocabulary',
    version: '2024-filtered',
    protocols: ['babylm-2024', 'babylm-2025'],
    source: { ...JSONL, folders: ['supplement_filtered'] },
    subtasks: subtasksOf(SUPPLEMENT),
    fingerprint: '1a9e0ba2578abb084bc4e81f50b01a29240bb86a3fc2cf7fcef9c8d9c127a097',
    method: minimalPairs((subtask) => `blimp_supplement_${subtask}_results.jsonl`),
    submission: { task: 'blimp_supplement', folder2025: 'blimp/supplement_filtered' },
    howToGet: OSF_HINT,
  },
  {
    name: 'blimp-full',
    title: 'BLiMP, all 67 x 1,000 pairs',
    version: '1.0',
    protocols: ['babylm-2024', 'babylm-2025'],
    source: { ...JSONL, folders: ['blimp', 'blimp/data', 'data'] },
    subtasks: blimpSubtasks(() => 1000),
    fingerprint: '66b08486f2607548075f065584962b78221ba01e238cdf6043ff8cbbf7a2df35',
    method: minimalPairs((subtask) => `blimp_${subtask}_results.jsonl`),
    submission: null,
    howToGet: 'Add --download to fetch it from github.com/alexwarstadt/blimp, or give the folder of its 67 .jsonl files with --data.',
  },
  {
    name: 'blimp-fast',
    title: 'BLiMP, 200 pairs a paradigm, for checkpoints',
    version: '2025-fast',
    protocols: ['babylm-2025'],
    source: { ...JSONL, folders: ['blimp_fast', 'fast_eval/blimp_fast'] },
    subtasks: blimpSubtasks(() => 200),
    fingerprint: null,
    method: minimalPairs((subtask) => `blimp_${subtask}_fast_results.jsonl`),
    submission: { task: 'blimp', folder2025: 'blimp/blimp_fast' },
    howToGet: FAST_HINT,
  },
  {
    name: 'supplement-fast',
    title: 'BLiMP supplement, 50 pairs a task, for checkpoints',
    version: '2025-fast',
    protocols: ['babylm-2025'],
    source: { ...JSONL, folders: ['supplement_fast', 'fast_eval/supplement_fast'] },
    subtasks: subtasksOf(Object.fromEntries(Object.keys(SUPPLEMENT).map((name) => [name, 50]))),
    fingerprint: null,
    method: minimalPairs((subtask) => `blimp_supplement_${subtask}_fast_results.jsonl`),
    submission: { task: 'blimp_supplement', folder2025: 'blimp/supplement_fast' },
    howToGet: FAST_HINT,
  },
];
