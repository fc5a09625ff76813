/** The bounds and defaults of the numbers of an import. */
import { MAX_JOB_ROWS } from '../../../shared/advocate/importJobs';
import { MAX_SAMPLE } from '../../import/plan/effectPreview';
import type { NumberLimits } from '../../../shared/n8n/parameterValues';

const LARGEST_ROW_NUMBER = 4_000_000_000;

/** As a spreadsheet counts: the header is row 1. */
export const START_AT_ROW: NumberLimits = { min: 2, max: LARGEST_ROW_NUMBER, default: 2 };

/** As n8n counts its items. */
export const START_AT_ITEM: NumberLimits = { min: 0, max: LARGEST_ROW_NUMBER, default: 0 };

export const PREVIEW_SIZE: NumberLimits = { min: 0, max: MAX_SAMPLE, default: 0 };

/** By default far below the vendor's limit, so that a piece of the file fits well into memory. */
export const ROWS_PER_JOB: NumberLimits = { min: 1, max: MAX_JOB_ROWS, default: 100_000 };

export const MAX_JOB_MINUTES: NumberLimits = { min: 1, max: 7 * 24 * 60, default: 60 };

/** 0: all of them. */
export const MAX_ROWS_PER_RUN: NumberLimits = { min: 0, max: LARGEST_ROW_NUMBER, default: 0 };

/** 0: no limit of its own. */
export const MAX_RUN_MINUTES: NumberLimits = { min: 0, max: 7 * 24 * 60, default: 0 };

export const MAX_FAILURES: NumberLimits = { min: 0, max: LARGEST_ROW_NUMBER, default: 100 };

export const MAX_FAILED_PERCENT: NumberLimits = { min: 0, max: 100, default: 10 };
