/** Every reason that a condition, event or error can carry. Each is documented in docs/status.md. */
export const REASONS = [
  // Ready, Synced and Healthy when all is well
  "Synced",
  "Healthy",
  "Stopped",
  // under way
  "FirstVisit",
  "Progressing",
  "Deleting",
  "Suspended",
  "AwaitingSync",
  "NewRevision",
  "SpecChanged",
  "SecretChanged",
  "Drift",
  "Requested",
  // the manifest
  "InvalidManifest",
  "PreviousDeleting",
  "ProjectNameImmutable",
  "ProjectNameTaken",
  // what it refers to
  "SecretInvalid",
  // the source
  "SourceReady",
  "SourceNotChecked",
  "FetchFailed",
  "RemoteTimedOut",
  "RepositoryNotFound",
  "AuthenticationFailed",
  "CredentialUnusable",
  "CertificateInvalid",
  "HostKeyUnknown",
  "HostKeyChanged",
  "RevisionNotFound",
  "RepositoryTooLarge",
  "RateLimited",
  "InvalidURL",
  "CheckoutFailed",
  "CheckoutConflict",
  "PathNotFound",
  "UnsafePath",
  "UnsupportedContent",
  // the Compose project
  "InvalidCompose",
  "PolicyViolation",
  "UndefinedVariable",
  "RenderFailed",
  "PullFailed",
  "BuildFailed",
  "UpFailed",
  "StopFailed",
  "SyncTimedOut",
  "SyncInterrupted",
  // what runs
  "ServiceNotHealthy",
  "HealthGateFailed",
  "CrashLoop",
  "HealFailed",
  "HealBudgetSpent",
  "RecordUnopenable",
  "AdoptionRequired",
  "ProjectOwnedElsewhere",
  "PathNotOnHost",
  "SelfManaged",
  // the engine
  "EngineUnavailable",
  "EngineChanged",
  // deletion
  "DeletionHeld",
  "DeletionBlocked",
  // anything else
  "InternalError",
] as const;

export type Reason = (typeof REASONS)[number];
