// Made from crds/receivers.yaml by "make generate". Do not edit.

/** A manifest as a person may write it. */
export interface ReceiverManifest {
  /**
   * The version of this resource's schema, conops.dev/v1alpha1.
   */
  apiVersion: "conops.dev/v1alpha1";
  /**
   * The kind of this resource, Receiver.
   */
  kind: "Receiver";
  /**
   * The name, labels and annotations of the Receiver.
   */
  metadata: {
    /**
     * The name, unique among the Receivers of a registry, and the last part of the path that deliveries are posted to: at most 63 lower-case letters, digits and "-", beginning and ending with a letter or digit.
     */
    name: string;
    /**
     * Short words to find and group by, as in Kubernetes.
     */
    labels?: {
      [k: string]: string;
    };
    /**
     * Further words about the resource, as in Kubernetes.
     */
    annotations?: {
      [k: string]: string;
    };
  };
  /**
   * What is wanted.
   */
  spec: {
    /**
     * Whose deliveries it takes, which decides how they are signed. gitea is Forgejo too; generic is an HMAC of the body, for everything else.
     */
    type: "github" | "gitlab" | "gitea" | "bitbucket" | "azure-devops" | "generic";
    /**
     * The Secret whose field "token" is what the Git host signs with, or shows.
     */
    secretRef: {
      /**
       * The name of the Secret.
       */
      name: string;
    };
    /**
     * The Applications whose remotes are looked at on every delivery.
     *
     * @maxItems 1000
     *
     * Items: One Application.
     */
    applications?: {
      /**
       * The name of the Application.
       */
      name: string;
    }[];
    /**
     * Look at every remote that is the repository which the delivery names.
     */
    matchRepository?: boolean;
  };
}

/** The same, after the defaults were filled in. */
export interface ReceiverWithDefaults {
  /**
   * The version of this resource's schema, conops.dev/v1alpha1.
   */
  apiVersion: "conops.dev/v1alpha1";
  /**
   * The kind of this resource, Receiver.
   */
  kind: "Receiver";
  /**
   * The name, labels and annotations of the Receiver.
   */
  metadata: {
    /**
     * The name, unique among the Receivers of a registry, and the last part of the path that deliveries are posted to: at most 63 lower-case letters, digits and "-", beginning and ending with a letter or digit.
     */
    name: string;
    /**
     * Short words to find and group by, as in Kubernetes.
     */
    labels: {
      [k: string]: string;
    };
    /**
     * Further words about the resource, as in Kubernetes.
     */
    annotations: {
      [k: string]: string;
    };
  };
  /**
   * What is wanted.
   */
  spec: {
    /**
     * Whose deliveries it takes, which decides how they are signed. gitea is Forgejo too; generic is an HMAC of the body, for everything else.
     */
    type: "github" | "gitlab" | "gitea" | "bitbucket" | "azure-devops" | "generic";
    /**
     * The Secret whose field "token" is what the Git host signs with, or shows.
     */
    secretRef: {
      /**
       * The name of the Secret.
       */
      name: string;
    };
    /**
     * The Applications whose remotes are looked at on every delivery.
     *
     * @maxItems 1000
     *
     * Items: One Application.
     */
    applications: {
      /**
       * The name of the Application.
       */
      name: string;
    }[];
    /**
     * Look at every remote that is the repository which the delivery names.
     */
    matchRepository: boolean;
  };
}
