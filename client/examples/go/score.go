// Scores a TorchScript model with modlab, from Go.
//
//	GO111MODULE=off GOPATH=$PWD/build/release/go:/usr/share/gocode go run ./client/examples/go net.pt --clusters 4 \
//	    --server lab.example:7443 --ca ca.pem --token-file alice.token
//
// The .proto files in proto/modlab/v1 are the manual.
package main

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc/status"
)

func run() error {
	clusters := flag.Uint("clusters", 8, "number of clusters")
	seed := flag.Uint("seed", 0, "seed of everything random")
	server := flag.String("server", os.Getenv("MODLAB_SERVER"), "HOST:PORT, with TLS, or unix:PATH (or MODLAB_SERVER)")
	ca := flag.String("ca", os.Getenv("MODLAB_CA"), "PEM `file` of the authority that signed its certificate (or MODLAB_CA)")
	tokenFile := flag.String("token-file", os.Getenv("MODLAB_TOKEN_FILE"),
		"`file` that holds your token; mode 600 (or MODLAB_TOKEN_FILE)")
	seconds := flag.Uint("patience", 60, "`seconds` to wait for a server that is away")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(),
			"usage: score MODEL [options]\n\nScore a TorchScript model with modlab. MODEL is a file that torch.jit.save has written.")
		flag.PrintDefaults()
	}
	flag.Parse()
	path := flag.Arg(0)
	if flag.NArg() > 1 { // options after the model's name, which this package does not look for
		flag.CommandLine.Parse(flag.Args()[1:])
		if flag.NArg() > 0 {
			path = ""
		}
	}
	if path == "" {
		return usageError("name one model file")
	}
	if *server == "" {
		return usageError("name the server with --server or MODLAB_SERVER")
	}
	if *clusters > math.MaxInt32 || *seed > math.MaxUint32 {
		return usageError("--clusters or --seed is too large")
	}

	connection, err := connect(*server, *ca, *tokenFile)
	if err != nil {
		return err
	}
	defer connection.Close()
	m := newModlab(connection, time.Duration(*seconds)*time.Second)
	model, err := m.push(path)
	if err != nil {
		return err
	}
	job, err := m.score(model, int32(*clusters), uint32(*seed))
	if err != nil {
		return err
	}
	for _, partition := range job.Result.GetScore().GetPartitions() {
		sizes := strings.Join(strings.Fields(fmt.Sprint(partition.Sizes)), ", ")
		fmt.Printf("%s: Q = %.4f, n-cut = %.4f, cluster sizes %s\n",
			model.DisplayName, partition.Modularity.GetNewman(), partition.Ncut, sizes)
	}
	return nil
}

func main() {
	err := run()
	var usage usageError
	switch {
	case err == nil:
	case errors.As(err, &usage):
		fmt.Fprintln(os.Stderr, err)
		flag.Usage()
		os.Exit(2)
	case isStatus(err): // the server's sentence: what is wrong, and what to do
		fmt.Fprintln(os.Stderr, "refused:", status.Convert(err).Message())
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func isStatus(err error) bool {
	_, ok := status.FromError(err)
	return ok
}
