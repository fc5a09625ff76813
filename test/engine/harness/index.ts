/** Runs the node in n8n's real execution engine. What differs between versions of n8n is in `engine.ts`. */
export * from './binary';
export { testCredential } from './credentialTest';
export { CREDENTIAL_NAME } from './credentials';
export {
	HAS_COMBINED_BINARY_MODE,
	KEEPS_ERROR_CAUSE,
	KNOWS_ERROR_DETAILS,
	N8nLogger,
} from './engine';
export { inGroups } from './groupedOptions';
export { loadOptions, pickFromList } from './methods';
export { NODE_TYPE } from './nodeTypes';
export { runNode, runWorkflow } from './run';
export type { NodeOptions, NodeRun, WorkflowInput, WorkflowOptions, WorkflowRun } from './run';
export { loadCredentialType, loadNodeType } from './source';
