// Command unseal opens a SealedSecret with the code of the controller that opens it in a cluster. It is for tests alone:
// they check with it that what this project seals can be opened, and only under its own name, namespace and key.
package main

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"

	"github.com/bitnami-labs/sealed-secrets/pkg/apis/sealedsecrets/v1alpha1"
)

const usage = `unseal <private-key.pem>: reads a SealedSecret from standard input and prints the Secret it becomes.
The values are printed as their SHA-256 digests.
`

// opened is the Secret without its values.
type opened struct {
	Name      string            `json:"name"`
	Namespace string            `json:"namespace"`
	Type      string            `json:"type"`
	Labels    map[string]string `json:"labels"`
	Digests   map[string]string `json:"digests"`
}

func main() {
	if len(os.Args) != 2 || os.Args[1] == "--help" {
		fmt.Print(usage)
		return
	}
	if err := unseal(os.Args[1], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func unseal(keyFile string, in io.Reader, out io.Writer) error {
	key, err := readKey(keyFile)
	if err != nil {
		return err
	}
	manifest, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return err
	}
	// Strict: a field the controller doesn't know is an error, not ignored.
	codecs := serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	var sealed v1alpha1.SealedSecret
	if err := runtime.DecodeInto(codecs.UniversalDeserializer(), manifest, &sealed); err != nil {
		return err
	}
	secret, err := sealed.Unseal(codecs, map[string]*rsa.PrivateKey{"": key})
	if err != nil {
		return err
	}
	digests := map[string]string{}
	for name, value := range secret.Data {
		digest := sha256.Sum256(value)
		digests[name] = hex.EncodeToString(digest[:])
	}
	return json.NewEncoder(out).Encode(opened{secret.Name, secret.Namespace, string(secret.Type), secret.Labels, digests})
}

func readKey(path string) (*rsa.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the key file is no PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("the key is not RSA")
	}
	return private, nil
}
