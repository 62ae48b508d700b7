package main

// What the program asks of a server, step by step.

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	v1 "modlab/v1"
)

const chunk = 256 << 10 // bytes in one message; the server takes at most 1 MiB

// A new one for everything that is to be created. It makes a create safe to repeat if the answer gets lost: the server does
// it only once.
func newRequestID() string {
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		panic(err)
	}
	return hex.EncodeToString(id)
}

// A server, as this program uses it. Waits up to `patience` where the server is away.
type modlab struct {
	uploads  v1.UploadServiceClient
	models   v1.ModelServiceClient
	jobs     v1.JobServiceClient
	patience time.Duration
}

func newModlab(connection grpc.ClientConnInterface, patience time.Duration) *modlab {
	return &modlab{v1.NewUploadServiceClient(connection), v1.NewModelServiceClient(connection),
		v1.NewJobServiceClient(connection), patience}
}

// Brings a file's bytes to the server and returns the name of the complete upload.
func (m *modlab) upload(file *os.File) (string, error) {
	digest := sha256.New()
	size, err := io.Copy(digest, file)
	if err != nil {
		return "", usageError(err.Error())
	}
	announced := &v1.Upload{SizeBytes: size, Sha256: hex.EncodeToString(digest.Sum(nil))}
	upload, err := persist(m.uploads.CreateUpload,
		&v1.CreateUploadRequest{Upload: announced, RequestId: newRequestID()}, m.patience)
	if err != nil {
		return "", err
	}
	name, p := upload.Name, newPatience(m.patience)
	for upload.State != v1.Upload_COMPLETE { // it is at once if we have sent this content before
		start := upload.CommittedBytes
		upload, err = m.send(file, name, start)
		if err == nil && upload.State != v1.Upload_COMPLETE {
			return "", usageError(file.Name() + " changed while it was sent")
		}
		if err == nil {
			break
		}
		if err = p.pause(err); err != nil {
			return "", err
		}
		// What the server has on disk it keeps: we go on from there.
		if upload, err = persist(m.uploads.GetUpload, &v1.GetUploadRequest{Name: name}, m.patience); err != nil {
			return "", err
		}
		if upload.CommittedBytes > start {
			p.progress()
		}
	}
	return name, nil
}

// One stream: sends from `offset` on.
func (m *modlab) send(file *os.File, name string, offset int64) (*v1.Upload, error) {
	stream, err := m.uploads.WriteUpload(context.Background())
	if err != nil {
		return nil, err
	}
	data := make([]byte, chunk)
	for count := chunk; count == chunk; offset += int64(count) { // at least once, if only to be told that all is there
		if count, err = file.ReadAt(data, offset); err != nil && err != io.EOF {
			return nil, usageError(err.Error())
		}
		if stream.Send(&v1.WriteUploadRequest{Name: name, Offset: offset, Data: data[:count]}) != nil {
			break // CloseAndRecv knows why
		}
	}
	return stream.CloseAndRecv()
}

// Prints what a job does, and returns it when it has ended.
func (m *modlab) watch(name string) (*v1.Job, error) {
	var job *v1.Job
	var seen int32
	p := newPatience(m.patience)
	for {
		err := func() error {
			request := &v1.WatchJobRequest{Name: name, AfterSequence: seen}
			stream, err := m.jobs.WatchJob(context.Background(), request)
			// The stream starts with the job as it is, goes on with every event, and ends with the job as it ended.
			for err == nil {
				var update *v1.WatchJobResponse
				if update, err = stream.Recv(); err != nil {
					break
				}
				p.progress()
				switch update := update.Update.(type) {
				case *v1.WatchJobResponse_Job:
					job = update.Job
				case *v1.WatchJobResponse_Event:
					seen = update.Event.Sequence
					show(update.Event)
				}
			}
			return err
		}()
		if err == io.EOF {
			return job, nil
		}
		if err = p.pause(err); err != nil { // else go on after the last event that we have seen: none is lost or repeated
			return nil, err
		}
	}
}

func show(event *v1.Event) {
	switch kind := event.Kind.(type) {
	case *v1.Event_State:
		fmt.Fprintln(os.Stderr, strings.ToLower(kind.State.State.String()))
	case *v1.Event_Progress:
		if fraction := kind.Progress.Fraction; fraction != nil {
			fmt.Fprintf(os.Stderr, "%s %.0f%%\n", kind.Progress.Phase, math.Round(100**fraction))
		} else {
			fmt.Fprintln(os.Stderr, kind.Progress.Phase) // not every phase knows how far it is
		}
	}
}

// Makes a model of a file, and returns it when the server has loaded and inspected it.
func (m *modlab) push(path string) (*v1.Model, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, usageError("cannot read the model: " + err.Error())
	}
	defer file.Close()
	upload, err := m.upload(file)
	if err != nil {
		return nil, err
	}
	model, err := persist(m.models.CreateModel, &v1.CreateModelRequest{
		Model: &v1.Model{DisplayName: filepath.Base(path)}, Upload: upload, RequestId: newRequestID()}, m.patience)
	if err != nil {
		return nil, err
	}
	if model.State == v1.Model_INSPECTING { // else the server knew it, and that job may be gone
		if _, err = m.watch(model.InspectJob); err != nil {
			return nil, err
		}
		model, err = persist(m.models.GetModel, &v1.GetModelRequest{Name: model.Name}, m.patience)
		if err != nil {
			return nil, err
		}
	}
	if model.State == v1.Model_UNUSABLE {
		return nil, fmt.Errorf("%s cannot be used: %s", path, model.Error.GetMessage())
	}
	return model, nil
}

// Scores a model and returns the finished job.
func (m *modlab) score(model *v1.Model, clusters int32, seed uint32) (*v1.Job, error) {
	spectral := &v1.SpectralSpec{Clusters: proto.Int32(clusters)}
	score := &v1.ScoreSpec{
		Model: model.Name, Partitions: []*v1.PartitionSpec{{Method: &v1.PartitionSpec_Spectral{Spectral: spectral}}}}
	spec := &v1.JobSpec{Seed: proto.Uint32(seed), Kind: &v1.JobSpec_Score{Score: score}}
	job, err := persist(m.jobs.CreateJob,
		&v1.CreateJobRequest{Job: &v1.Job{Spec: spec}, RequestId: newRequestID()}, m.patience)
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(os.Stderr, "watching", job.Name)
	if job, err = m.watch(job.Name); err != nil {
		return nil, err
	}
	switch job.State {
	case v1.Job_SUCCEEDED:
		return job, nil
	case v1.Job_FAILED:
		return nil, fmt.Errorf("%s: %s", job.Name, job.Error.GetMessage())
	default:
		return nil, fmt.Errorf("%s: cancelled", job.Name)
	}
}
