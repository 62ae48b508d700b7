package main

// How a program reaches a modlab server, and goes on when the server or the network was away for a while.

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// The caller gave something that cannot be used; the text says what to do.
type usageError string

func (e usageError) Error() string { return string(e) }

// What is sent with every call, over TLS only.
type token string

func (t token) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(t)}, nil
}

func (t token) RequireTransportSecurity() bool { return true }

// How messages become bytes. gRPC has this built in, but that of Debian 12 (1.33) is older than the messages that Debian's
// protoc-gen-go writes; with a newer gRPC this can go.
type codec struct{}

func (codec) Marshal(message interface{}) ([]byte, error) {
	return proto.Marshal(message.(proto.Message))
}

func (codec) Unmarshal(data []byte, message interface{}) error {
	return proto.Unmarshal(data, message.(proto.Message))
}

func (codec) Name() string { return "proto" }

// A token is a password: a file that others can read is refused.
func readToken(path string) (token, error) {
	file, err := os.Stat(path)
	if err != nil {
		return "", usageError("cannot read the token file: " + err.Error())
	}
	if file.Mode().Perm()&0o077 != 0 {
		return "", usageError(fmt.Sprintf("the token file %s can be read by others: chmod 600 %s", path, path))
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", usageError("cannot read the token file: " + err.Error())
	}
	words := strings.Fields(string(content))
	if len(words) != 1 {
		return "", usageError(path + " holds no token: it is one word, as `modlabd token create` prints it")
	}
	return token(words[0]), nil
}

func readAuthorities(path string) (*x509.CertPool, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, usageError("cannot read the authority's certificate: " + err.Error())
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(content) {
		return nil, usageError(path + " holds no certificate (PEM)")
	}
	return pool, nil
}

// A connection to `unix:PATH`, or to `HOST:PORT` with TLS. `ca` is a PEM file; without it the system's authorities count.
func connect(server, ca, tokenFile string) (*grpc.ClientConn, error) {
	// The waits between our own attempts are the ones that count.
	backoffs := backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second}
	options := []grpc.DialOption{
		// A watched job may say nothing for minutes; a silent connection must still be known to live.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 20 * time.Second}),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoffs, MinConnectTimeout: 10 * time.Second}),
		// A web proxy is for web pages; a compute server is reached directly.
		grpc.WithNoProxy(),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(codec{})),
	}
	if strings.HasPrefix(server, "unix:") { // its folder's rights say who gets in
		return grpc.Dial(server, append(options, grpc.WithInsecure())...)
	}
	var authorities *x509.CertPool
	if ca != "" {
		var err error
		if authorities, err = readAuthorities(ca); err != nil {
			return nil, err
		}
	}
	transport := credentials.NewTLS(&tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12})
	options = append(options, grpc.WithTransportCredentials(transport))
	if tokenFile != "" {
		secret, err := readToken(tokenFile)
		if err != nil {
			return nil, err
		}
		options = append(options, grpc.WithPerRPCCredentials(secret))
	}
	return grpc.Dial(server, options...)
}

// Waits between attempts, longer and longer, and gives up where nothing has gone forward for a while.
type patience struct {
	limit time.Duration
	wait  time.Duration
	end   time.Time
}

func newPatience(limit time.Duration) *patience {
	p := &patience{limit: limit}
	p.progress()
	return p
}

// Something worked: start from the beginning.
func (p *patience) progress() {
	p.wait = 200 * time.Millisecond
	p.end = time.Time{} // known once a call has ended: what goes well may take as long as it takes
}

// After a call ended with `err`: returns nil when it is time to try again, else the error.
func (p *patience) pause(err error) error {
	switch status.Code(err) {
	case codes.Unavailable, codes.Canceled: // the server was not there, or is closing its connections
	case codes.Aborted: // it has other bytes of an upload than we thought
	default:
		return err
	}
	now := time.Now()
	if p.end.IsZero() {
		p.end = now.Add(p.limit)
	}
	if now.After(p.end) {
		return err
	}
	fmt.Fprintln(os.Stderr, "trying again:", status.Convert(err).Message())
	// Not all for the same time, so that many clients do not come back all at once.
	time.Sleep(time.Duration((0.5 + rand.Float64()/2) * float64(p.wait)))
	if p.wait *= 2; p.wait > 5*time.Second {
		p.wait = 5 * time.Second
	}
	return nil
}

// Makes a call that may be made twice: one that reads, or that carries a request id.
func persist[Request, Answer any](call func(context.Context, *Request, ...grpc.CallOption) (*Answer, error),
	request *Request, limit time.Duration) (*Answer, error) {
	for p := newPatience(limit); ; {
		answer, err := call(context.Background(), request)
		if err == nil {
			return answer, nil
		}
		if err = p.pause(err); err != nil {
			return nil, err
		}
	}
}
